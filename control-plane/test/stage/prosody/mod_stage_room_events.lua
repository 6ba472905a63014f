-- Tells the other host that a room is gone (events of a component stay with it).
module:hook("muc-room-destroyed", function (event)
	prosody.events.fire_event("stage-room-destroyed", { room = event.room });
end, -200);
