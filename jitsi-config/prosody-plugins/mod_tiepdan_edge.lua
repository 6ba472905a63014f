-- The control plane's only edge inside Prosody. Loaded on the MUC component of participants' rooms. See README.md beside this file.
-- It reports who joined and left, in order and without loss; makes owner only those whose token says so; keeps the conductor out of
-- sight; lets no room be that the control plane does not know; lists, kicks and closes at the control plane's word.

local array = require "util.array";
local jid = require "util.jid";
local json = require "util.json";
local hashes = require "util.hashes";

local secret = module:get_option_string("tiepdan_edge_secret");
local url = module:get_option_string("tiepdan_edge_url", "http://127.0.0.1:8080");
local ignored_domains = module:get_option_set("tiepdan_edge_ignored_domains", {});
local look_seconds = module:get_option_number("tiepdan_edge_look_seconds", 3);
local mod_muc = module:depends("muc");
-- On a component nothing else loads it, and without it the routes below are not found.
module:depends("http");
if not secret or #secret < 32 then
	error("tiepdan_edge_secret must be set to at least 32 characters");
end

local queue = module:require("tiepdan_edge_queue").new(module, {
	url = url .. "/api/edge/events";
	secret = secret;
	folder = module:get_option_string("tiepdan_edge_folder", prosody.paths.data .. "/tiepdan_edge");
	max_waiting = module:get_option_number("tiepdan_edge_max_waiting", 100000);
});

local function room_of(stanza)
	return mod_muc.get_room_from_jid(jid.bare(stanza.attr.to)) or nil;
end

local people = module:require("tiepdan_edge_people").new({ ignored_domains = ignored_domains });
local hiding = module:require("tiepdan_edge_hiding").new(module, people, { ignored_domains = ignored_domains, room_of = room_of });
local on_proved;
local rooms = module:require("tiepdan_edge_rooms").new(module, people, {
	url = url .. "/api/reservations/conference";
	secret = secret;
	grace_seconds = module:get_option_number("tiepdan_edge_grace_seconds", 20);
	get_room = mod_muc.get_room_from_jid;
	on_proved = function (room) on_proved(room); end;
});
local guard = module:require("tiepdan_edge_guard").new(module, people, {
	ignored_domains = ignored_domains;
	rooms = mod_muc.live_rooms;
	room_of = room_of;
	is_for_people = rooms.is_for_people;
	names_room = rooms.names_room;
});

-- Telling ------------------------------------------------------------------------------------------------------------------

-- A nickname is the client's own choice: what could write lines of its own into the log, or a person's name, is told by its hash.
local function plain(text)
	if type(text) == "string" and #text <= 64 and text:match("^[%w_.:-]+$") then return text; end
	return "#" .. hashes.sha256(tostring(text), true):sub(1, 12);
end

-- For an officer who checks attendance against the journal: who, by the id of his grant, and never his name.
local function log_stay(event)
	local lost = event.heardAt and (", line lost, last heard %.0f s before"):format((event.at - event.heardAt) / 1000) or "";
	module:log("info", "%s: room %s, user %s, nick %s%s", event.kind, plain(event.room), plain(event.userId), plain(event.occupantId), lost);
end

local function report(kind, room, occupant, heard_at)
	local event = {};
	for key, value in pairs(occupant or {}) do event[key] = value; end
	event.kind = kind;
	event.at = people.now_ms();
	event.room = people.bounded(jid.node(room.jid));
	event.heardAt = heard_at;
	if occupant then log_stay(event); end
	queue:push(event);
end

function on_proved(room)
	report("room-created", room);
end

-- Tells what has changed at one nickname since it was last told. What is told follows from the room as it is, whichever event said to look.
local function settle(room, nick)
	if not rooms.is_proved(room) then return; end
	local told = people.notes(room).told;
	local is, was = people.described(room, nick), told[nick];
	if was and (not is or is.userId ~= was.userId) then
		told[nick] = nil;
		report("occupant-left", room, was, not is and people.lost_since(room, nick) or nil);
		is = people.described(room, nick);
	end
	if is and not told[nick] then
		told[nick] = is;
		report("occupant-joined", room, is);
	end
end

local function settle_all(room)
	local nicks = {};
	for nick in pairs(people.notes(room).told) do nicks[nick] = true; end
	for nick in room:each_occupant() do nicks[nick] = true; end
	for nick in pairs(nicks) do settle(room, nick); end
	people.forget_gone(room);
end

local function live_rooms()
	local found = {};
	for room in mod_muc.live_rooms() do table.insert(found, room); end
	return found;
end

-- Who is where, now, from the rooms themselves: sent at the start and whenever the control plane has lost count.
local function all_rooms()
	local listed = array();
	for _, room in ipairs(live_rooms()) do
		if rooms.is_proved(room) then
			local occupants = array();
			for _, one in ipairs(people.occupants(room)) do occupants:push(people.described(room, one.nick)); end
			listed:push({ room = people.bounded(jid.node(room.jid)); occupants = occupants });
		end
	end
	return listed;
end

local function push_snapshot()
	queue:push({ kind = "snapshot", at = people.now_ms(), rooms = all_rooms() });
end
queue.on_needs_snapshot = push_snapshot;

local function look_at_all()
	for _, room in ipairs(live_rooms()) do
		people.listen(room);
		rooms.look(room);
		guard.look(room);
		settle_all(room);
	end
end

-- Coming and going ----------------------------------------------------------------------------------------------------------

module:hook("muc-room-pre-create", function (event) hiding.wrap(event.room); end, 10);
module:hook("muc-room-created", function (event) hiding.wrap(event.room); end, 100);
-- A room that Prosody had swapped out is another object when it comes back.
module:hook("muc-room-restored", function (event) hiding.wrap(event.room); end, 100);

-- A second session of somebody who is there already comes by the second event alone.
local function on_session(event)
	local room, real_jid = event.room, event.jid or event.stanza.attr.from;
	if not people.is_person(real_jid) then return; end
	people.note(room, real_jid, event.occupant.nick);
	if rooms.names_room(prosody.full_sessions[real_jid], room) then rooms.prove(room); end
	local person = people.of_session(room, real_jid);
	if person and person.moderator and room:get_affiliation(real_jid) ~= "owner" then
		room:set_affiliation(true, jid.bare(real_jid), "owner");
	end
	settle(room, event.occupant.nick);
end
module:hook("muc-occupant-joined", on_session, -100);
module:hook("muc-occupant-session-new", on_session, -100);

module:hook("muc-occupant-left", function (event)
	settle(event.room, event.occupant.nick);
	people.forget_gone(event.room);
end, -100);

-- The last leave and the destroy come together, destroy may be first: whoever is still noted has left by now.
module:hook("muc-room-destroyed", function (event)
	local room = event.room;
	if not rooms.is_proved(room) then return; end
	settle_all(room);
	report("room-destroyed", room);
	people.notes(room).proved = false;
end, -100);

-- The control plane's word ---------------------------------------------------------------------------------------------------

local function same(left, right)
	return hashes.hmac_sha256(secret, left) == hashes.hmac_sha256(secret, right);
end

local function answer(event, code, body)
	event.response.status_code = code;
	event.response.headers.content_type = "application/json";
	return json.encode(body);
end

local function authorised(handler)
	return function (event)
		local given = event.request.headers.authorization or "";
		if not same(given, "Bearer " .. secret) then return answer(event, 401, { title = "unauthorised" }); end
		local body = {};
		if event.request.method == "POST" then
			local parsed = json.decode(event.request.body or "");
			if type(parsed) ~= "table" then return answer(event, 400, { title = "body must be a JSON object" }); end
			body = parsed;
		end
		return handler(event, body);
	end
end

local function room_named(name)
	return type(name) == "string" and mod_muc.get_room_from_jid(jid.join(name:lower(), module.host)) or nil;
end

-- Events that the look makes stand in the queue before the list is read: the control plane sees that they are under way.
local function list(event)
	look_at_all();
	return answer(event, 200, { processId = queue.process_id, rooms = all_rooms(), queue = queue:counts() });
end

-- By user id everywhere; by occupant id only who has none.
local function kick(event, body)
	local reason = type(body.reason) == "string" and body.reason or nil;
	if type(body.userId) == "string" then return answer(event, 200, { kicked = guard.put_out(body.userId, reason) }); end
	if type(body.occupantId) ~= "string" then return answer(event, 400, { title = "userId is missing" }); end
	local room, removed = room_named(body.room), 0;
	for _, one in ipairs(room and people.occupants(room) or {}) do
		local is_named = people.bounded(jid.resource(one.nick)) == body.occupantId;
		if is_named and guard.remove(room, one.nick, reason) then removed = removed + 1; end
	end
	return answer(event, 200, { kicked = removed });
end

local function close(event, body)
	local room = room_named(body.room);
	if not room then return answer(event, 200, { closed = false }); end
	room:set_persistent(false);
	room:destroy(nil, type(body.reason) == "string" and body.reason or nil);
	return answer(event, 200, { closed = room_named(body.room) == nil });
end

module:provides("http", {
	name = "tiepdan_edge";
	default_path = "/edge";
	route = {
		["GET /rooms"] = authorised(list);
		["POST /kick"] = authorised(kick);
		["POST /close"] = authorised(close);
	};
});

-- A module that is loaded anew finds rooms that are there already.
for _, room in ipairs(live_rooms()) do hiding.wrap(room); end
module:add_timer(look_seconds, function ()
	look_at_all();
	return look_seconds;
end);
push_snapshot();
queue:start();
