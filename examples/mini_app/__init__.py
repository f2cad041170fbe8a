"""A small mini-app that signs people in with their region; the demonstration runs it twice, as Tax and as Health.

`create_app` is where to start; `region.py` is the part to copy. It knows nothing of the provider's code: what it
needs of the region it reads from the region's discovery document, as any mini-app would.
"""

from __future__ import annotations

import json

from flask import Flask, Response, current_app, jsonify, redirect, render_template, request, session, url_for
from requests import RequestException
from werkzeug.exceptions import Forbidden
from werkzeug.wrappers import Response as AnyResponse

from .config import Config
from .region import STRONGER_PROOF, Region, SignInFailed, Visit
from .sessions import ServerSession, ServerSessions
from .sign_outs import NotBelieved, SignOuts
from .words import LANGUAGES, Speaker

Answer = str | AnyResponse | tuple[str | AnyResponse, int]


def create_app(config: Config | None = None) -> Flask:
    """The mini-app as a WSGI application, configured by `config` or by the environment."""
    config = config or Config.from_environment()
    app = Flask(__name__)
    app.config["WORDS"] = config.service.words
    sessions = app.session_interface = ServerSessions()
    region = Region(app, config)
    sign_outs = SignOuts(config, region)
    app.config["FORM_TARGETS"] = f"'self' {config.issuer}"

    @app.context_processor
    def page() -> dict[str, object]:
        return {"say": speaker(), "config": config}

    @app.get("/")
    def home() -> Answer:
        visit: Visit | None = session.get("visit")
        if visit is None:
            return render_template("welcome.html")
        return render_template(
            "details.html",
            visit=visit,
            is_strong=visit.proof.get("acr") == STRONGER_PROOF,
            was_refreshed=session.pop("was_refreshed", False),
            id_token=json.dumps(visit.proof, indent=2, ensure_ascii=False),
        )

    @app.post("/sign-in")
    def sign_in() -> Answer:
        return region.send_to_sign_in(speaker().language, stronger="stronger" in request.form)

    @app.get("/callback")
    def callback() -> Answer:
        visit = region.complete_sign_in()
        session.renew()  # type: ignore[attr-defined]
        session["visit"] = visit
        return redirect(url_for("home"))

    @app.post("/refresh")
    def refresh() -> Answer:
        # One at a time: a refresh token presented twice looks stolen, and the region would end the grant.
        with session.lock:  # type: ignore[attr-defined]
            visit: Visit | None = session.get("visit")
            if visit is not None:
                session["visit"] = region.refresh(visit)
                session["was_refreshed"] = True
        return redirect(url_for("home"))

    @app.post("/sign-out")
    def sign_out() -> Answer:
        visit: Visit | None = session.pop("visit", None)
        if visit is None:
            return redirect(url_for("home"))
        return region.send_to_sign_out(visit, speaker().language)

    @app.get("/signed-out")
    def signed_out() -> Answer:
        everywhere = region.complete_sign_out()
        return render_template("signed_out.html", everywhere=everywhere)

    @app.get("/privacy")
    def privacy() -> Answer:
        return render_template("privacy.html")

    @app.post("/backchannel-logout")
    def backchannel_logout() -> Answer:
        """The region itself calls this, without any browser. What counts is the signature."""
        try:
            sign_out = sign_outs.read(request.form.get("logout_token", ""))
        except NotBelieved as error:
            return jsonify(error="invalid_request", error_description=str(error)), 400
        except RequestException:
            return jsonify(error="temporarily_unavailable"), 503

        def is_ended(kept: ServerSession) -> bool:
            visit: Visit | None = kept.get("visit")
            return sign_out is not None and visit is not None and sign_out.ends(visit.proof)

        sessions.end(is_ended)
        return "", 200

    @app.errorhandler(SignInFailed)
    def failed(failure: SignInFailed) -> Answer:
        if failure.code == "invalid_grant":
            session.pop("visit", None)
        title, explanation = speaker().failure(failure.code)
        return render_template("failed.html", title=title, explanation=explanation, code=failure.code), 400

    app.before_request(refuse_foreign_posts)
    app.after_request(add_headers)
    return app


def speaker() -> Speaker:
    """Whoever speaks the visitor's language."""
    language = request.accept_languages.best_match(LANGUAGES, default=LANGUAGES[0])
    return Speaker(language, current_app.config["WORDS"])


def refuse_foreign_posts() -> None:
    """A form on another site must not press our buttons (CSRF; SameSite cookies are the other half)."""
    if request.method == "POST" and request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        raise Forbidden


def add_headers(response: Response) -> Response:
    """No scripts, no frames, no referrer, nothing cached but the style sheet."""
    targets = current_app.config["FORM_TARGETS"]
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src 'self'; img-src 'self'; form-action {targets}; "
        "frame-ancestors 'none'; base-uri 'none'"
    )
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Content-Type-Options"] = "nosniff"
    if request.endpoint != "static":
        response.headers["Cache-Control"] = "no-store"
    return response
