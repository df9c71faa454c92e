"""What the console refuses by itself."""

from __future__ import annotations

from auth.process.errors import ProcessError

__all__ = ["FormRefusedError"]


class FormRefusedError(ProcessError):
    """the form came from another site, or its session is another one"""

    code = "FORM_REFUSED"
    status = 403
    remedy = "reload the page and send the form again"
