"""Every operation of ``python-freshworks-crm``, called and its result checked.

The client is somebody else's and stays as it is but for its address.
"""
