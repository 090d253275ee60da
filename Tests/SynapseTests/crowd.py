"""A module that Synapse loads: it has many users join a room at once.

Each join is made, authorised, hashed, signed and stored by Synapse's own code; what is left out is
only what takes its API most of a second for each: accounts, push rules, and a state group written
in full.
"""

from synapse.api.constants import EventTypes, Membership
from synapse.events.snapshot import EventContext, UnpersistedEventContext
from synapse.http.server import DirectServeJsonResource
from synapse.http.servlet import parse_json_object_from_request
from synapse.types import create_requester

PATH = "/_synapse/client/crowd"


class Crowd:
    def __init__(self, config, api):
        api.register_web_resource(PATH, CrowdResource(api._hs))


class CrowdResource(DirectServeJsonResource):
    """`POST {"room_id": …, "localparts": […]}`: users of this server of these names join the room."""

    isLeaf = True

    def __init__(self, hs):
        super().__init__(clock=hs.get_clock())
        self.hs = hs
        self.creation = hs.get_event_creation_handler()

    async def _async_render_POST(self, request):
        body = parse_json_object_from_request(request)
        await self.join(body["room_id"], body["localparts"])
        return 200, {}

    async def join(self, room_id, localparts):
        """One after the other: each join follows the one before."""
        stores = self.hs.get_datastores()
        storage = self.hs.get_storage_controllers()
        state = dict(await storage.state.get_current_state_ids(room_id))
        heads = await stores.main.get_prev_events_for_room(room_id)
        depth = (await stores.main.get_max_depth_of(heads))[1]
        resolved = await self.hs.get_state_handler().resolve_state_groups_for_events(room_id, heads)
        group = resolved.state_group
        events = []
        for localpart in localparts:
            user = f"@{localpart}:{self.hs.hostname}"
            depth += 1
            event, context = await self.creation.create_event(
                create_requester(user),
                {
                    "type": EventTypes.Member, "room_id": room_id, "sender": user, "state_key": user,
                    "content": {"membership": Membership.JOIN, "displayname": f"Member {localpart}"},
                },
                prev_event_ids=heads, depth=depth, state_map=state, for_batch=True,
                current_state_group=group, require_consent=False,
            )  # fmt: skip
            await self.hs.get_event_auth_handler().check_auth_rules_from_context(event)
            events.append((event, context))
            heads = [event.event_id]
            state[(EventTypes.Member, user)] = event.event_id
        pairs = await UnpersistedEventContext.batch_persist_unpersisted_contexts(
            events, room_id, group, stores.state
        )
        await storage.persistence.persist_events(pairs)
