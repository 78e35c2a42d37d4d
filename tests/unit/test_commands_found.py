"""Commands are read in late; each that the arguments name is there all the same."""

from importlib import import_module

from dxflow.cli import arguments
from dxflow.cli.later import Later
from dxflow.services.people import mail_settings


def test_every_function_that_the_arguments_name_exists():
    arguments.parse(["status"])
    modules = [one for one in vars(arguments).values() if isinstance(one, Later)]
    named = [(one.module, name) for one in modules for name in one.named]
    assert len(named) > 40
    for module, name in named:
        assert callable(getattr(import_module(module), name))


def test_the_settings_of_mail_are_those_of_the_service():
    assert arguments.MAIL_SECURITY == mail_settings.SECURITY
    assert arguments.MAIL_CHOICES == mail_settings.CHOICES
