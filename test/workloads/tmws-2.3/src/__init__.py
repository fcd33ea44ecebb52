"""TMWS 2.4, a reference application: small, but every part of it really works."""
