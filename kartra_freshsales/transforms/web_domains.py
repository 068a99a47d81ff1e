"""Hosts that say nothing about a company: free mail, social networks, page builders.

Data only. What does not belong here: working out a domain (``companies``).
"""

SHARED_DOMAINS = (
    "126.com", "163.com", "aol.com", "att.net", "bellsouth.net", "bigpond.com",
    "btinternet.com", "comcast.net", "cox.net", "duck.com", "fastmail.com", "free.fr",
    "freenet.de", "gmail.com", "gmx.com", "gmx.de", "gmx.net", "googlemail.com", "hey.com",
    "hotmail.co.uk", "hotmail.com", "hotmail.fr", "icloud.com", "laposte.net", "libero.it",
    "live.co.uk", "live.com", "mac.com", "mail.com", "mail.ru", "me.com", "msn.com",
    "orange.fr", "outlook.com", "pm.me", "proton.me", "protonmail.com", "qq.com",
    "rediffmail.com", "rocketmail.com", "sbcglobal.net", "sfr.fr", "shaw.ca", "sky.com",
    "t-online.de", "telus.net", "tutanota.com", "verizon.net", "web.de", "yahoo.ca",
    "yahoo.co.in", "yahoo.co.uk", "yahoo.com", "yahoo.com.au", "yahoo.de", "yahoo.fr",
    "yandex.com", "yandex.ru", "ymail.com", "zoho.com",
    "etsy.com", "facebook.com", "fb.com", "instagram.com", "linkedin.com", "linktr.ee",
    "medium.com", "pinterest.com", "tiktok.com", "twitter.com", "x.com", "youtube.com",
    "blogspot.com", "kartra.com", "wixsite.com", "wordpress.com", "weebly.com",
)  # fmt: skip
