-- Keeps the conductor out of sight: a hidden occupant's presence reaches only himself, other hidden ones, and the services (focus must see whom
-- it obeys). Three functions of each room are wrapped, because they are all through which one occupant learns of another (muc.lib.lua); what is
-- sent straight to a hidden nickname is answered as if nobody had it.

local jid = require "util.jid";
local st = require "util.stanza";

-- options.ignored_domains: with `recorder:<domain>` for services that must not see the hidden either.
local function new(module, people, options)
	local hiding = {};

	local function may_see(room, viewer, about_nick)
		if viewer.nick == about_nick then return true; end
		if not people.is_person(viewer.bare_jid) then return not options.ignored_domains:contains("recorder:" .. jid.host(viewer.bare_jid)); end
		return people.is_hidden(room, viewer);
	end

	function hiding.wrap(room)
		if room._tiepdan_wrapped then return; end
		room._tiepdan_wrapped = true;
		local route, send_list, publicise = room.route_to_occupant, room.send_occupant_list, room.publicise_occupant_status;
		-- The nickname whose presence is being told, when it is a hidden one's. On his leaving the room does not have him any more.
		local hidden_nick;
		function room:publicise_occupant_status(occupant, ...)
			local before = hidden_nick;
			hidden_nick = people.is_hidden(self, occupant) and occupant.nick or nil;
			local ok, result = pcall(publicise, self, occupant, ...);
			hidden_nick = before;
			if not ok then error(result, 0); end
			return result;
		end
		function room:route_to_occupant(occupant, stanza)
			if hidden_nick and stanza.name == "presence" and not may_see(self, occupant, hidden_nick) then return; end
			return route(self, occupant, stanza);
		end
		function room:send_occupant_list(to, filter)
			local viewer = self:get_occupant_by_real_jid(to) or { bare_jid = jid.bare(to), each_session = function () return pairs({}); end };
			return send_list(self, to, function (nick, occupant)
				if occupant and people.is_hidden(self, occupant) and not may_see(self, viewer, nick) then return false; end
				return filter == nil or filter(nick, occupant);
			end);
		end
	end

	local function hide_from_private(event)
		local origin, stanza = event.origin, event.stanza;
		local room = options.room_of(stanza);
		local target = room and room:get_occupant_by_nick(stanza.attr.to);
		local sender = room and room:get_occupant_by_real_jid(stanza.attr.from);
		if not target or not sender or not people.is_hidden(room, target) or may_see(room, sender, target.nick) then return; end
		if stanza.attr.type ~= "error" and stanza.attr.type ~= "result" then
			origin.send(st.error_reply(stanza, "cancel", "item-not-found", "Recipient not in room", room.jid));
		end
		return true;
	end
	module:hook("message/full", hide_from_private, 100);
	module:hook("iq/full", hide_from_private, 100);

	-- Prosody's own count would tell that somebody unseen is there.
	module:hook("muc-disco#info", function (event)
		local seen = 0;
		for _, occupant in event.room:each_occupant() do
			if not people.is_hidden(event.room, occupant) then seen = seen + 1; end
		end
		if event.formdata then event.formdata["muc#roominfo_occupants"] = tostring(seen); end
	end, -100);

	return hiding;
end

return { new = new };
