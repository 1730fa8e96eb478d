"""Speaking to the OpenID provider; the only package that knows Authlib and joserfc."""
