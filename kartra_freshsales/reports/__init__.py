"""What people read: pages of HTML and Markdown, queues and tables, returned as text.

A report is a ``page.Page`` built from frames and rendered twice, so that both forms say the
same. Not here: measuring (``transforms``, ``reconcile``), writing files (the caller).
"""
