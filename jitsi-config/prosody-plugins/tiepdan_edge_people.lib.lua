-- Who is in a room, read from the room itself: every occupant, every session of his, and what the token of that session said. Nothing here is
-- kept beside Prosody's own state but a note of who a session was when it came, for the moment when it is gone already or has become another.

local hashes = require "util.hashes";
local jid = require "util.jid";
local time = require "util.time";

-- The nickname is the client's own choice, up to 1023 bytes: one that the control plane refuses would hold up everybody's events. A text that is
-- too long is cut between two characters and told apart by its hash, the same each time it is told. One that only looks like a cut text is
-- hashed as well: else a client could choose the very name by which another is told.
local longest_text = 200;
local function bounded(text)
	if type(text) ~= "string" or #text <= longest_text and not text:match("…" .. ("%x"):rep(64) .. "$") then return text; end
	local last = math.min(#text, longest_text - 72);
	while last > 0 and (text:byte(last + 1) or 0) >= 0x80 and text:byte(last + 1) < 0xc0 do last = last - 1; end
	return text:sub(1, last) .. "…" .. hashes.sha256(text, true);
end

local function now_ms()
	return math.floor(time.now() * 1000);
end

-- What the token said of the person (Jitsi's token modules and our stage's keep it on the session); nil without an id. Nobody who has none gets
-- in: he could be neither counted nor put out.
local function person_of(session)
	local user = session and session.jitsi_meet_context_user;
	if type(user) ~= "table" or type(user.id) ~= "string" or user.id == "" then return nil; end
	return {
		userId = bounded(user.id);
		name = type(user.name) == "string" and bounded(user.name) or nil;
		moderator = user.moderator == true or user.moderator == "true";
		hidden = user.hidden == true or user.hidden == "true";
	};
end

-- options.ignored_domains: hosts whose users are no people (focus, bridges, recorders).
local function new(options)
	local people = { bounded = bounded, now_ms = now_ms, person_of = person_of };

	function people.is_person(real_jid)
		return not options.ignored_domains:contains(jid.host(real_jid));
	end

	-- Our own notes on a room: they live and die with it.
	function people.notes(room)
		room._tiepdan = room._tiepdan or { came = {}, told = {}, since = now_ms() };
		return room._tiepdan;
	end

	-- Who a session of an occupant is: as noted when it came, else as it says now.
	function people.of_session(room, real_jid)
		return people.notes(room).came[real_jid] or person_of(prosody.full_sessions[real_jid]);
	end

	-- Keeps who a session is from now on. A resumed stream may bring another token: it does not become another person by that.
	function people.note(room, real_jid, nick)
		local came = people.notes(room).came;
		if came[real_jid] or not people.is_person(real_jid) then return; end
		local person = person_of(prosody.full_sessions[real_jid]);
		if not person then return; end
		person.at = now_ms();
		person.nick = nick;
		person.heard = person.at;
		came[real_jid] = person;
	end

	-- Notes of each session when something came from it last. A dead line is kept by Prosody for a while (smacks), and a cut one may look alive
	-- before that: what it counts of a session's stanzas is the only sign. Jitsi's client says something every 10 s.
	function people.listen(room)
		for real_jid, person in pairs(people.notes(room).came) do
			local session = prosody.full_sessions[real_jid];
			if session then
				person.lost = session.hibernating ~= nil;
				if session.handled_stanza_count ~= person.count then person.heard = now_ms(); end
				person.count = session.handled_stanza_count;
			end
		end
	end

	-- When an occupant was heard last whose every line was lost; nil of one who left by his own word or was put out.
	function people.lost_since(room, nick)
		local heard;
		for _, person in pairs(people.notes(room).came) do
			if person.nick == nick then
				if not person.lost then return nil; end
				heard = math.max(heard or 0, person.heard);
			end
		end
		return heard;
	end

	-- Forgets sessions that are not in the room any more.
	function people.forget_gone(room)
		local came = people.notes(room).came;
		for real_jid in pairs(came) do
			if not room:get_occupant_jid(real_jid) then came[real_jid] = nil; end
		end
	end

	-- The sessions of an occupant: { { real_jid, session, person } … }, either of the last two missing when Prosody or the token has none.
	function people.sessions(room, occupant)
		local found = {};
		for real_jid in occupant:each_session() do
			table.insert(found, { real_jid = real_jid, session = prosody.full_sessions[real_jid], person = people.of_session(room, real_jid) });
		end
		return found;
	end

	-- Every occupant that is a person: { { nick, occupant, sessions } … }; a list, so that the room may change while it is walked.
	function people.occupants(room)
		local found = {};
		for nick, occupant in room:each_occupant() do
			if people.is_person(occupant.bare_jid) then
				table.insert(found, { nick = nick, occupant = occupant, sessions = people.sessions(room, occupant) });
			end
		end
		return found;
	end

	-- The occupant of this nick as the control plane is told of him; nil when no person is there.
	function people.described(room, nick)
		local occupant = room:get_occupant_by_nick(nick);
		if not occupant or not people.is_person(occupant.bare_jid) then return nil; end
		local first;
		for _, one in ipairs(people.sessions(room, occupant)) do
			local person = one.person;
			if person and (not first or (person.at or math.huge) < (first.at or math.huge)) then first = person; end
		end
		first = first or {};
		local told = people.notes(room).told[nick];
		return {
			occupantId = bounded(jid.resource(nick));
			userId = first.userId;
			name = first.name;
			hidden = first.hidden or false;
			moderator = first.moderator or false;
			joinedAt = told and told.userId == first.userId and told.joinedAt or first.at or now_ms();
		};
	end

	function people.is_hidden(room, occupant)
		if not people.is_person(occupant.bare_jid) then return false; end
		for _, one in ipairs(people.sessions(room, occupant)) do
			if one.person and one.person.hidden then return true; end
		end
		return false;
	end

	return people;
end

return { new = new };
