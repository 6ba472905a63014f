-- What goes wrong inside Prosody or a module of it, by nickname, for the tests of our edge module alone.

local jid = require "util.jid";

local function nick_of(event)
	return jid.resource(event.occupant.nick) or "";
end

for _, name in ipairs({ "muc-occupant-joined", "muc-occupant-session-new" }) do
	module:hook(name, function (event)
		-- Another module swallows the event: nobody is told of the coming.
		if nick_of(event):match("^unheard") then return true; end
		-- Prosody forgets that this session is in the room: when its connection ends the room is told nothing.
		if nick_of(event):match("^ghost") then event.origin.directed = nil; end
	end, 100);
end

-- Another module changes the nickname behind our back.
module:hook("muc-occupant-pre-join", function (event)
	if nick_of(event):match("^renamed") then event.occupant.nick = event.occupant.nick .. "-by-another"; end
end, -500);
