"""The one place where the parts meet."""

from gateway.wiring.connecting import connect_check
from gateway.wiring.diagnosing import diagnose, diagnose_all
from gateway.wiring.run import serve

__all__ = ["connect_check", "diagnose", "diagnose_all", "serve"]
