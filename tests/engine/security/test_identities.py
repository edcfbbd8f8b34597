from engine.config import Agent
from engine.security.identities import Identities

WHO = Identities([Agent(id="ada", password="s3cret"), Agent(id="zoë", password="größer")])


async def test_the_right_password_opens() -> None:
    assert await WHO.verify("ada", "s3cret")
    assert await WHO.verify("zoë", "größer")


async def test_anything_else_does_not() -> None:
    for agent, password in (
        ("ada", "S3cret"),
        ("ada", ""),
        ("ada", "größer"),
        ("bob", "s3cret"),
        ("bob", "\0"),
        ("", ""),
    ):
        assert not await WHO.verify(agent, password)
