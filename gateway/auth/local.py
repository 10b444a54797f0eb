"""The local issuer and the verifier that trusts it, as the settings say."""

from datetime import timedelta

from joserfc.jwk import KeySet

from gateway.auth.keys import issuer_key, public_keys
from gateway.auth.tokens import LocalIssuer, Verifier
from gateway.settings import Settings


def local_issuer(settings: Settings) -> LocalIssuer:
    """The issuer of this installation, its key made at first start; raises KeyFileError."""
    key = issuer_key(settings.issuer_key)
    return LocalIssuer(key, settings.token_issuer, settings.token_audience, timedelta(seconds=settings.token_lifetime))


def local_verifier(settings: Settings) -> Verifier:
    """Accepts the tokens of the local issuer; raises KeyFileError."""
    keys = KeySet.import_key_set(public_keys(issuer_key(settings.issuer_key)))
    return Verifier(keys, settings.token_issuer, settings.token_audience, timedelta(seconds=settings.token_leeway))
