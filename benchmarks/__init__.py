"""Measures what a request costs here, beside a floor application and npm `oidc-provider`, in one run."""
