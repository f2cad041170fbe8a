"""What proofs are worth together, what is still owed, and who may change what guards an account."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.authn.assurance import Assurance, NothingProved, NotStrongEnough, amr_of
from idp.authn.permit import Ground, Permit
from idp.oidc.proofs import Proof
from idp.oidc.vocabulary import AcrLevel
from tests.unit.authn.proving import HOUR, MINUTE, NOW, WORTH, enrolled, ids, proof, proofs, under

ONE, TWO, THREE = AcrLevel
POLICIES = pytest.mark.parametrize("assurance", [under("strict"), under("cn-gov")], ids=["strict", "cn-gov"])

some_proof = st.builds(
    lambda name, minutes: proof(name, minutes * MINUTE),
    st.sampled_from(sorted(WORTH)),
    st.integers(0, 24 * 60),
)
some_proofs = st.lists(some_proof, max_size=5)


def level(assurance: Assurance, given_proofs: Sequence[Proof], later: timedelta = timedelta(0)) -> int:
    """The level as a number; 0 where no session is opened."""
    try:
        return int(assurance.judge(given_proofs, now=NOW + later).level)
    except NothingProved:
        return 0


class TestWhateverIsProved:
    """What must hold for every set of proofs."""

    @POLICIES
    @given(before=some_proofs, further=some_proof)
    def test_a_further_proof_never_lowers_the_level(
        self, assurance: Assurance, before: list[Proof], further: Proof
    ) -> None:
        assert level(assurance, [*before, further]) >= level(assurance, before)

    @POLICIES
    @given(shown=some_proofs, minutes=st.integers(0, 24 * 60))
    def test_waiting_never_raises_the_level(
        self, assurance: Assurance, shown: list[Proof], minutes: int
    ) -> None:
        assert level(assurance, shown, minutes * MINUTE) <= level(assurance, shown)

    @POLICIES
    @given(shown=some_proofs, data=st.data())
    def test_the_order_does_not_matter(
        self, assurance: Assurance, shown: list[Proof], data: st.DataObject
    ) -> None:
        otherwise = data.draw(st.permutations(shown))

        assert level(assurance, otherwise) == level(assurance, shown)
        assert amr_of(otherwise) == amr_of(shown)

    @POLICIES
    @given(shown=some_proofs)
    def test_proving_the_same_twice_is_proving_it_once(
        self, assurance: Assurance, shown: list[Proof]
    ) -> None:
        assert level(assurance, [*shown, *shown]) == level(assurance, shown)

    @POLICIES
    @given(names=st.sets(st.sampled_from(["totp", "sms", "recovery", "any face", "face", "voice"])))
    def test_what_neither_knows_nor_checks_its_user_opens_nothing(
        self, assurance: Assurance, names: set[str]
    ) -> None:
        """A code, a text message, a recovery code, a face, a voice: none of them, and not all of them together."""
        with pytest.raises(NothingProved):
            assurance.judge(proofs(*names), now=NOW)
        assert not assurance.opens(proofs(*names), now=NOW)

    @POLICIES
    @given(shown=some_proofs)
    def test_what_opens_is_what_has_a_level(self, assurance: Assurance, shown: list[Proof]) -> None:
        assert assurance.opens(shown, now=NOW) == (level(assurance, shown) > 0)

    @POLICIES
    @given(shown=some_proofs)
    def test_no_proof_claims_a_fingerprint(self, assurance: Assurance, shown: list[Proof]) -> None:
        """We see that a device checked its user, not how."""
        assert "fpt" not in amr_of(shown)

    @POLICIES
    @given(
        shown=some_proofs,
        names=st.lists(st.sampled_from(sorted(WORTH)), max_size=5, unique=True),
        wanted=st.sampled_from(AcrLevel),
        data=st.data(),
    )
    def test_what_is_missing_leads_to_what_is_wanted(
        self,
        assurance: Assurance,
        shown: list[Proof],
        names: list[str],
        wanted: AcrLevel,
        data: st.DataObject,
    ) -> None:
        """Whoever goes on with any of what is named gets there; and nothing is named where nothing leads there."""
        mine = enrolled(*names)
        at_best = level(assurance, [*shown, *proofs(*names)])
        asked = 0

        while named := assurance.missing(shown, mine, wanted, now=NOW):
            shown = [*shown, proof(data.draw(st.sampled_from(named)).id)]
            asked += 1
            assert asked <= len(mine)

        assert (level(assurance, shown) >= wanted) == (at_best >= wanted)
        assert asked == 0 or at_best >= wanted
        assert assurance.reachable(shown, mine, now=NOW) == max(at_best, ONE)


class TestStepUp:
    """Step-up asks only for what is missing, by strength and by age."""

    def test_a_password_lacks_something_held(self) -> None:
        mine = enrolled("password", "totp", "sms", "any face")

        assert ids(under("strict").missing(proofs("password"), mine, TWO, now=NOW)) == {"totp"}

    def test_whatever_leads_there_alone_is_offered_side_by_side(self) -> None:
        mine = enrolled("password", "totp", "synced", "gesture")

        assert ids(under("strict").missing(proofs("password"), mine, TWO, now=NOW)) == {
            "totp",
            "synced",
            "gesture",
        }

    def test_a_proof_that_has_become_too_old_is_asked_for_again_and_nothing_else(self) -> None:
        mine = enrolled("password", "totp", "attested")
        shown = proofs("password", "totp", age=13 * HOUR)

        assert level(under("strict"), shown) == ONE
        assert ids(under("strict").missing(shown, mine, TWO, now=NOW)) == {"attested"}
        fresh_password = (*shown, proof("password"))
        assert ids(under("strict").missing(fresh_password, mine, TWO, now=NOW)) == {"totp", "attested"}

    def test_when_all_is_too_old_all_of_it_is_asked_for(self) -> None:
        """Three proofs: the password, the key and the face, each older than a quarter of an hour."""
        mine = enrolled("password", "touch", "face")
        shown = proofs("password", "touch", "face", age=16 * MINUTE)

        assert under("cn-gov").reachable(shown, mine, now=NOW) is THREE
        assert ids(under("cn-gov").missing(shown, mine, THREE, now=NOW)) == {"password", "touch", "face"}

    def test_a_face_comes_on_top_of_a_bound_device(self) -> None:
        mine = enrolled("password", "synced", "bound", "face")

        missing = under("cn-gov").missing

        assert ids(missing(proofs("bound"), mine, THREE, now=NOW)) == {"face"}
        assert ids(missing(proofs("synced"), mine, THREE, now=NOW)) == {"bound", "face"}

    def test_a_sign_in_approved_elsewhere_lacks_a_passkey_here(self) -> None:
        mine = enrolled("attested")

        assert ids(under("strict").missing(proofs("bound qr"), mine, THREE, now=NOW)) == {"attested"}

    def test_nothing_is_missing_where_nothing_would_help(self) -> None:
        assert under("strict").missing(proofs("password"), enrolled("password"), TWO, now=NOW) == ()
        assert under("strict").reachable(proofs("password"), enrolled("password"), now=NOW) is ONE

    def test_nothing_is_missing_once_it_is_reached(self) -> None:
        assert under("strict").missing(proofs("synced"), enrolled("synced", "totp"), TWO, now=NOW) == ()

    def test_what_is_suspended_leads_nowhere(self) -> None:
        mine = enrolled("password", "totp", suspended=("totp",))

        assert under("strict").missing(proofs("password"), mine, TWO, now=NOW) == ()
        assert under("strict").reachable(proofs("password"), mine, now=NOW) is ONE

    def test_the_strongest_of_several_keys_is_judged_by_what_it_shows(self) -> None:
        """A key with more properties is not the stronger one for that: it did not check its user."""
        mine = enrolled("synced", "attested touch")

        assert under("strict").reachable((), mine, now=NOW) is TWO
        assert ids(under("strict").missing((), mine, TWO, now=NOW)) == {"synced"}


class TestOwed:
    """Who has something in hand is asked for it: a stolen password alone does not open that account."""

    def test_a_password_is_enough_where_nothing_else_is_set_up(self) -> None:
        assert under("strict").owed(proofs("password"), enrolled("password")) == ()

    def test_after_the_password_something_held_is_owed(self) -> None:
        mine = enrolled("password", "totp", "synced", "sms", "any face")

        assert ids(under("strict").owed(proofs("password"), mine)) == {"totp", "synced"}

    def test_a_text_message_is_owed_where_there_is_nothing_better(self) -> None:
        mine = enrolled("password", "sms")

        assert ids(under("strict").owed(proofs("password"), mine)) == {"sms"}
        assert under("strict").owed(proofs("password", "sms"), mine) == ()

    def test_a_text_message_does_not_stand_in_for_an_app(self) -> None:
        mine = enrolled("password", "totp", "sms")

        assert ids(under("strict").owed(proofs("password", "sms"), mine)) == {"totp"}

    @pytest.mark.parametrize("shown", ["totp", "synced", "qr", "recovery"])
    def test_something_held_or_a_recovery_code_settles_it(self, shown: str) -> None:
        mine = enrolled("password", "totp", "synced", "sms")

        assert under("strict").owed(proofs("password", shown), mine) == ()

    def test_what_is_suspended_is_not_owed(self) -> None:
        mine = enrolled("password", "totp", suspended=("totp",))

        assert under("strict").owed(proofs("password"), mine) == ()


class TestPermit:
    """Changing what guards an account takes a recent proof as strong as its owner can give (SP 800-63B-4 §4.1.2)."""

    WITHIN = 10 * MINUTE

    def permit(self, shown: tuple[Proof, ...], *mine: str, policy: str = "strict") -> Permit:
        return under(policy).permit("acct_ada", shown, enrolled(*mine), within=self.WITHIN, now=NOW)

    def test_it_names_its_account_and_its_ground(self) -> None:
        assert self.permit(proofs("password"), "password") == Permit("acct_ada", Ground.SESSION)

    @pytest.mark.parametrize(
        ("shown", "mine"),
        [
            (("password",), ("password", "sms")),
            (("password",), ("password", "totp")),
            (("password", "sms"), ("password", "sms", "totp")),
            (("touch",), ("touch", "password")),
            (("touch",), ("touch", "synced")),
            (("attested touch",), ("attested touch", "synced")),
            (("qr",), ("synced",)),
            (("password", "qr"), ("password", "synced")),
            (("recovery",), ("password", "totp")),
            (("recovery", "sms"), ("password", "sms")),
            (("totp", "recovery"), ("password", "totp")),
            ((), ("password",)),
        ],
        ids=str,
    )
    def test_less_than_its_owner_could_show_is_refused(
        self, shown: tuple[str, ...], mine: tuple[str, ...]
    ) -> None:
        with pytest.raises(NotStrongEnough):
            self.permit(proofs(*shown), *mine)

    @pytest.mark.parametrize(
        ("shown", "mine"),
        [
            (("password", "totp"), ("password", "totp")),
            (("password", "sms"), ("password", "sms")),
            (("synced",), ("password", "synced", "attested")),
            (("password", "recovery"), ("password", "totp")),
            (("gesture",), ("password", "totp", "gesture")),
        ],
        ids=str,
    )
    def test_two_factors_or_a_recovery_code_with_the_first_are_enough(
        self, shown: tuple[str, ...], mine: tuple[str, ...]
    ) -> None:
        assert self.permit(proofs(*shown), *mine)

    def test_the_age_of_each_proof_counts(self) -> None:
        old, just = 11 * MINUTE, MINUTE

        for stale in ("password", "totp"):
            shown = tuple(proof(name, old if name == stale else just) for name in ("password", "totp"))
            with pytest.raises(NotStrongEnough):
                self.permit(shown, "password", "totp")

        assert self.permit(proofs("password", "totp", age=just), "password", "totp")

    def test_a_bound_passkey_is_asked_for_where_there_is_one(self) -> None:
        with pytest.raises(NotStrongEnough):
            self.permit(proofs("synced"), "synced", "bound", policy="cn-gov")

        assert self.permit(proofs("bound"), "synced", "bound", policy="cn-gov")


class TestAmr:
    """RFC 8176 §2, truthfully."""

    @pytest.mark.parametrize(
        ("shown", "amr"),
        [
            (("password",), "pwd"),
            (("password", "totp"), "pwd otp mfa"),
            (("password", "recovery"), "pwd rc"),
            (("password", "sms"), "pwd sms"),
            (("synced",), "swk user mfa"),
            (("bound",), "hwk user mfa"),
            (("touch",), "hwk user"),
            (("password", "touch"), "pwd hwk user mfa"),
            (("gesture",), "swk pin mfa"),
            (("qr",), "swk user xdev mfa"),
            (("bound qr",), "hwk user xdev mfa"),
            (("bound", "face", "voice"), "hwk user face vbm mfa"),
            (("password", "any face"), "pwd face"),
        ],
        ids=str,
    )
    def test_it_says_what_was_done(self, shown: tuple[str, ...], amr: str) -> None:
        assert amr_of(proofs(*shown)) == tuple(amr.split())

    @given(names=st.sets(st.sampled_from(sorted(set(WORTH) - {"face", "any face"}))))
    def test_a_face_is_named_only_after_a_face_check(self, names: set[str]) -> None:
        assert "face" not in amr_of(proofs(*names))


def test_the_highest_level_is_the_last_of_the_ladder() -> None:
    assert under("strict").highest is THREE
