"""`lienthong demo`: everything embedded, invented and made afresh, in one foreground process."""
