"""Where programs come from: trees, archives, The Stack, Debian packages, with their own
headers.
"""
