"""All CTI platforms as one: telephony from one, media from another, and sessions need not know.

Each adapter is a part: what it serves is chosen by channel type and by group. Calls go to the part that has the
channel, and what concerns the agent as a whole goes to all. When a part is lost, its channels are told as UNAVAILABLE,
and the other parts go on; when it is back, every session asks how things stand. This is the face of the package: import
from here.
"""

from engine.adapters.platforms.parts import Part
from engine.adapters.platforms.platforms import Platforms

__all__ = ("Part", "Platforms")
