"""The pages: server-rendered, in bokmål and English, and whole without JavaScript."""

from gateway.web._mount import mount_web
from gateway.web._web import Web
from gateway.web.errors import error_page, wants_page

__all__ = ["Web", "error_page", "mount_web", "wants_page"]
