"""What an erasure says becomes true: the keys it names are destroyed."""

import json
from uuid import UUID

from domain.clubs.events import PersonalDataErased
from store.erasures import ErasureList
from store.keys import DataKey, KeyRing


def forget(keys: KeyRing, event_id: UUID, event: PersonalDataErased) -> None:
    """Done again, it changes nothing: the log is the list of what is still to do after a crash."""
    named = [DataKey(key.subject, key.purpose, bytes.fromhex(key.commitment)) for key in event.keys]
    keys.destroy(named, {"event_id": str(event_id), "event": event.model_dump(mode="json")})


def remembered(erasures: ErasureList) -> list[tuple[UUID, PersonalDataErased]]:
    """What the list outside the database says was erased, oldest first."""
    return [
        (
            UUID(one["event_id"]),
            PersonalDataErased.model_validate_json(json.dumps(one["event"])),
        )
        for one in erasures.read()
    ]
