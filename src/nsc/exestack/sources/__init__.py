"""Where programs come from: trees, archives, The Stack, Debian packages."""
