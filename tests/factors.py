"""A phone for tests: the authenticator app of somebody in the small city."""

from dataclasses import dataclass

from dxflow.services.people import one_time_codes, second_factor
from tests.factories import PASSWORD, City


@dataclass
class Phone:
    """An app that holds a secret, and the codes in reserve that were written down beside it."""

    city: City
    secret: str
    reserve: list[str]

    def code(self, off: int = 0) -> str:
        """Return the code that the app shows, with its clock so many steps off."""
        step = one_time_codes.step_of(self.city.clock()) + off
        return one_time_codes.code_of(self.secret, step)

    def next_code(self) -> str:
        """Wait for the next code and return it."""
        self.city.clock.advance(seconds=one_time_codes.STEP_SECONDS)
        return self.code()


def phone_of(city: City, name: str) -> Phone:
    """Set up somebody's second factor."""
    city.site.settings.make_secret_key()
    actor = city.actor(name)
    second_factor.begin(city.site, actor, PASSWORD)
    phone = Phone(city, second_factor.state(city.site, actor).secret, [])
    phone.reserve = second_factor.confirm(city.site, actor, phone.code())
    return phone
