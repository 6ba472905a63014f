-- What nobody may do with his own XMPP client: take another nickname, share one with somebody else, make himself or others owner, change the room,
-- come back after he was put out, or be in a room that his token does not name. And the watch that ends what got past all that.

local jid = require "util.jid";
local st = require "util.stanza";
local destroy_session = require "core.sessionmanager".destroy_session;

local grace_seconds = 0.5; -- the client hears why before its connection ends

local function new(module, people, options)
	local guard = {};
	-- Who was put out does not come back with the token he still has: refusals last as long as this Prosody; after a restart the control plane,
	-- which compares who is there with who may be, puts him out again.
	local put_out = {};

	local function refuse(event, kind, condition, text)
		event.origin.send(st.error_reply(event.stanza, kind, condition, text));
		return true;
	end

	-- Sessions of this user wherever they are, in a room or not.
	local function sessions_of(user_id)
		local found = {};
		for _, session in pairs(prosody.full_sessions) do
			local person = session.full_jid and people.is_person(session.full_jid) and people.person_of(session);
			if person and person.userId == user_id then table.insert(found, session); end
		end
		return found;
	end

	local function end_session(session, reason)
		if session.destroyed then return; end
		session:close({ condition = "policy-violation", text = reason });
		-- A WebSocket session that sleeps (smacks) has no connection: closing it only takes back the token that would resume it.
		if not session.destroyed and not session.conn then destroy_session(session, reason); end
	end

	-- Puts an occupant out with every session he has there: told by status 307, then the connections are ended.
	function guard.remove(room, nick, reason)
		local occupant = room:get_occupant_by_nick(nick);
		if not occupant then return false; end
		local sessions = people.sessions(room, occupant);
		if room:get_affiliation(occupant.bare_jid) then room:set_affiliation(true, occupant.bare_jid, "none"); end
		room:set_role(true, nick, nil, reason);
		module:add_timer(grace_seconds, function ()
			for _, one in ipairs(sessions) do
				if one.session then end_session(one.session, reason); end
			end
		end);
		return true;
	end

	-- Whatever room the control plane named: the person is out of all of them, and of Prosody. Answers how many occupants that were.
	function guard.put_out(user_id, reason)
		put_out[user_id] = true;
		local removed = 0;
		for room in options.rooms() do
			for _, one in ipairs(people.occupants(room)) do
				local his = false;
				for _, entry in ipairs(one.sessions) do
					his = his or entry.person and entry.person.userId == user_id;
				end
				if his and guard.remove(room, one.nick, reason) then removed = removed + 1; end
			end
		end
		module:add_timer(grace_seconds, function ()
			for _, session in ipairs(sessions_of(user_id)) do end_session(session, reason); end
		end);
		return removed;
	end

	-- Joining ---------------------------------------------------------------------------------------------------------------

	-- Another user is at this nickname, or is here under the same account (a stream may be taken up under another's account name).
	local function taken_by_another(room, nick, bare_jid, user_id)
		for _, one in ipairs(people.occupants(room)) do
			if one.nick == nick or one.occupant.bare_jid == bare_jid then
				for _, entry in ipairs(one.sessions) do
					if not entry.person or entry.person.userId ~= user_id then return true; end
				end
			end
		end
		return false;
	end

	module:hook("muc-occupant-pre-join", function (event)
		local room, real_jid = event.room, event.stanza.attr.from;
		if not people.is_person(real_jid) then return; end
		local session = prosody.full_sessions[real_jid];
		local person = people.person_of(session);
		-- Health rooms are for Jicofo alone.
		if not options.is_for_people(room) then return refuse(event, "cancel", "not-allowed", "Phòng này không dành cho người dự"); end
		if not person then return refuse(event, "auth", "not-allowed", "Thẻ vào phòng không ghi người dùng"); end
		if put_out[person.userId] then return refuse(event, "auth", "forbidden", "Thông tin đăng nhập đã bị thu hồi"); end
		if not options.names_room(session, room) then return refuse(event, "cancel", "not-allowed", "Thẻ không phải của phòng này"); end
		if taken_by_another(room, event.occupant.nick, jid.bare(real_jid), person.userId) then
			return refuse(event, "cancel", "conflict", "Tên trong phòng đang có người dùng");
		end
	end, 10);

	-- Ownership that an earlier session of the same account left behind is not inherited. Last, when nothing refuses the newcomer any more.
	module:hook("muc-occupant-pre-join", function (event)
		local room, real_jid = event.room, event.stanza.attr.from;
		local person = people.person_of(prosody.full_sessions[real_jid]);
		if not people.is_person(real_jid) or person and person.moderator or not room:get_affiliation(real_jid) then return; end
		room:set_affiliation(true, jid.bare(real_jid), "none");
		event.occupant.role = room:get_default_role(nil);
	end, -1000);

	-- A nickname is for the whole stay: with another one Prosody tells of no coming, and the person would be lost to whoever counts.
	module:hook("muc-occupant-pre-change", function (event)
		if event.orig_occupant.nick ~= event.dest_occupant.nick then
			return refuse(event, "cancel", "not-allowed", "Không đổi được tên trong phòng");
		end
		local person = people.is_person(event.stanza.attr.from) and people.of_session(event.room, event.stanza.attr.from);
		if person and put_out[person.userId] then return refuse(event, "auth", "forbidden", "Thông tin đăng nhập đã bị thu hồi"); end
	end, 100);

	-- Rights ----------------------------------------------------------------------------------------------------------------

	local function is_moderator_here(room, bare_jid)
		for _, one in ipairs(people.occupants(room)) do
			if one.occupant.bare_jid == bare_jid then
				for _, entry in ipairs(one.sessions) do
					if entry.person and entry.person.moderator then return true; end
				end
			end
		end
		return false;
	end

	-- Nothing makes an owner but the token of somebody who is in the room: no person, and no service that is set up wrongly.
	module:hook("muc-pre-set-affiliation", function (event)
		local rises = event.affiliation == "owner" or event.affiliation == "admin";
		if event.actor and people.is_person(event.actor)
			or rises and people.is_person(event.jid) and not is_moderator_here(event.room, jid.bare(event.jid)) then
			event.allowed = false;
		end
	end, 100);

	-- The one thing left to a moderator: sending a person out (Jitsi's "kick"). Never focus: without it the meeting ends for everybody.
	local function is_kick(room, stanza)
		local item = stanza.tags[1].tags[1];
		local attr = item and item.name == "item" and item.attr or {};
		local target = attr.nick and room:get_occupant_by_nick(room.jid .. "/" .. attr.nick);
		return #stanza.tags[1].tags == 1 and attr.role == "none" and not attr.affiliation and not attr.jid and target ~= nil
			and people.is_person(target.bare_jid) and not people.is_hidden(room, target)
			and is_moderator_here(room, jid.bare(stanza.attr.from));
	end

	local function only_kick(event)
		local stanza = event.stanza;
		if not people.is_person(stanza.attr.from) then return; end
		local room = options.room_of(stanza);
		if not room or stanza.attr.type == "set" and is_kick(room, stanza) then return; end
		return refuse(event, "auth", "forbidden");
	end
	local function nothing(event)
		if people.is_person(event.stanza.attr.from) then return refuse(event, "auth", "forbidden"); end
	end
	for _, where in ipairs({ "bare", "host" }) do
		for _, kind in ipairs({ "iq-get", "iq-set" }) do
			module:hook(("%s/%s/http://jabber.org/protocol/muc#admin:query"):format(kind, where), only_kick, 100);
			module:hook(("%s/%s/http://jabber.org/protocol/muc#owner:query"):format(kind, where), nothing, 100);
		end
		-- Reserving a nickname is changing it at the next presence.
		module:hook(("iq/%s/jabber:iq:register:query"):format(where), nothing, 100);
	end

	-- Streams ---------------------------------------------------------------------------------------------------------------

	-- A taken-up stream goes on as who it was: not after that user was put out, and not with another user's token.
	local function on_resumed(original, resuming)
		local before, now = people.person_of(original), people.person_of(resuming);
		if before and put_out[before.userId] or now and (put_out[now.userId] or not before or before.userId ~= now.userId) then
			end_session(original, "Thông tin đăng nhập đã bị thu hồi");
		end
	end
	-- Prosody 13 copies the new token to the old session here, before it tells of the resumption.
	module:hook_global("c2s-session-updated", function (event)
		if event.session.full_jid and people.is_person(event.session.full_jid) then on_resumed(event.session, event.from_session); end
	end, 10);

	local watched = {};
	local function watch_host(host)
		local entry = prosody.hosts[host];
		if watched[host] or not entry or entry.type ~= "local" or options.ignored_domains:contains(host) then return; end
		watched[host] = true;
		local context = module:context(host);
		context:hook("smacks-hibernation-end", function (event) on_resumed(event.resumed, event.origin); end, 100);
		context:hook("pre-resource-bind", function (event)
			local person = people.person_of(event.session);
			if person and put_out[person.userId] then
				event.error = { type = "auth", condition = "forbidden", text = "Thông tin đăng nhập đã bị thu hồi" };
				return false;
			end
		end, 100);
	end
	for host in pairs(prosody.hosts) do watch_host(host); end
	module:hook_global("host-activated", watch_host, -100);
	module:hook_global("host-deactivated", function (host) watched[host] = nil; end);

	-- The watch -------------------------------------------------------------------------------------------------------------

	local function fault_of(room, one)
		if not options.is_for_people(room) then return "Phòng này không dành cho người dự"; end
		local user_id;
		for _, entry in ipairs(one.sessions) do
			local now = people.person_of(entry.session);
			if not entry.person or put_out[entry.person.userId] then return "Thông tin đăng nhập không còn hiệu lực"; end
			if user_id and entry.person.userId ~= user_id or now and now.userId ~= entry.person.userId then return "Một chỗ trong phòng chỉ cho một người"; end
			user_id = entry.person.userId;
		end
	end

	-- Ends what should not be: an occupant whose connection Prosody does not have any more (he would count as present for ever), one without an
	-- id or put out, one that has become another.
	function guard.look(room)
		for _, one in ipairs(people.occupants(room)) do
			local alive = false;
			for _, entry in ipairs(one.sessions) do
				if entry.session then
					alive = true;
				else
					module:send(st.presence({ type = "unavailable", from = entry.real_jid, to = one.nick }));
				end
			end
			local fault = fault_of(room, one);
			if fault or not alive then guard.remove(room, one.nick, fault); end
		end
	end

	return guard;
end

return { new = new };
