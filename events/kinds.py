"""The kind of work that meetings give to the queue; its handler stands where the work is done."""

from kolportal.work.kinds import Kind

TELL = Kind("events.tell")
