-- The control plane's only edge inside Prosody. Loaded on the MUC component of participants' rooms. See README.md beside this file.
-- It reports who joined and left, in order and without loss; makes owner only those whose token says so; keeps the conductor out of
-- sight; lists, kicks and closes at the control plane's word.

local array = require "util.array";
local jid = require "util.jid";
local json = require "util.json";
local st = require "util.stanza";
local time = require "util.time";
local hashes = require "util.hashes";

local secret = module:get_option_string("tiepdan_edge_secret");
local ignored_domains = module:get_option_set("tiepdan_edge_ignored_domains", {});
local mod_muc = module:depends("muc");
-- On a component nothing else loads it, and without it the routes below are not found.
module:depends("http");
if not secret or #secret < 32 then
	error("tiepdan_edge_secret must be set to at least 32 characters");
end

local queue = module:require("tiepdan_edge_queue").new(module, {
	url = module:get_option_string("tiepdan_edge_url", "http://127.0.0.1:8080") .. "/api/edge/events";
	secret = secret;
	folder = module:get_option_string("tiepdan_edge_folder", prosody.paths.data .. "/tiepdan_edge");
	max_waiting = module:get_option_number("tiepdan_edge_max_waiting", 100000);
});

local function now_ms()
	return math.floor(time.now() * 1000);
end

-- Jicofo's own health rooms are not hearings.
local function is_reported_room(room)
	return not jid.node(room.jid):match("^__jicofo%-health%-check");
end

-- focus, bridges and recorders are not people: they live on other domains than the participants.
local function is_person(real_jid)
	return not ignored_domains:contains(jid.host(real_jid));
end

-- The nickname is the client's own choice, up to 1023 bytes: one that the control plane refuses would hold up everybody's events. A text that is
-- too long is cut between two characters and told apart by its hash, the same each time it is told.
local longest_text = 200;
local function bounded(text)
	if type(text) ~= "string" or #text <= longest_text then return text; end
	local last = longest_text - 72;
	while last > 0 and text:byte(last + 1) >= 0x80 and text:byte(last + 1) < 0xc0 do last = last - 1; end
	return text:sub(1, last) .. "…" .. hashes.sha256(text, true);
end

-- What the token said of the person (Jitsi's token modules and our stage's keep it on the session).
local function person_of(session)
	local user = session and session.jitsi_meet_context_user;
	if type(user) ~= "table" then return {}; end
	return {
		userId = type(user.id) == "string" and user.id or nil;
		name = type(user.name) == "string" and user.name or nil;
		moderator = user.moderator == true or user.moderator == "true";
		hidden = user.hidden == true or user.hidden == "true";
	};
end

local function describe(occupant_jid, person)
	return {
		occupantId = bounded(jid.resource(occupant_jid));
		userId = bounded(person.userId);
		name = bounded(person.name);
		hidden = person.hidden or false;
		moderator = person.moderator or false;
		joinedAt = person.joinedAt;
	};
end

local function report(kind, room, occupant_jid, person)
	local event = occupant_jid and describe(occupant_jid, person) or {};
	event.kind = kind;
	event.at = now_ms();
	event.room = bounded(jid.node(room.jid));
	queue:push(event);
end

-- Who is where, now: sent at the start and whenever the control plane has lost count.
local function all_rooms()
	local rooms = array();
	for room in mod_muc.live_rooms() do
		if is_reported_room(room) then
			local occupants = array();
			for occupant_jid, person in pairs(room._tiepdan or {}) do
				occupants:push(describe(occupant_jid, person));
			end
			rooms:push({ room = bounded(jid.node(room.jid)); occupants = occupants });
		end
	end
	return rooms;
end

local function push_snapshot()
	queue:push({ kind = "snapshot", at = now_ms(), rooms = all_rooms() });
end
queue.on_needs_snapshot = push_snapshot;

-- Out of sight ------------------------------------------------------------------------------------------------------------

local function is_hidden(room, occupant_jid)
	local person = room._tiepdan and room._tiepdan[occupant_jid];
	return person ~= nil and person.hidden;
end

-- A hidden occupant's presence reaches only himself, other hidden ones, and the services (focus must see whom it obeys).
local function may_see(room, viewer_nick, viewer_real_jid, about)
	return viewer_nick == about or not is_person(viewer_real_jid) and not ignored_domains:contains("recorder:" .. jid.host(viewer_real_jid))
		or is_hidden(room, viewer_nick);
end

-- Wrapped per room, because these two are all through which one occupant learns of another (muc.lib.lua).
local function hide_in(room)
	if room._tiepdan_wrapped then return; end
	room._tiepdan_wrapped = true;
	local route, send_list = room.route_to_occupant, room.send_occupant_list;
	function room:route_to_occupant(occupant, stanza)
		local about = stanza.attr.from;
		if stanza.name == "presence" and is_hidden(self, about) and not may_see(self, occupant.nick, occupant.bare_jid, about) then return; end
		return route(self, occupant, stanza);
	end
	function room:send_occupant_list(to, filter)
		local viewer = self:get_occupant_by_real_jid(to);
		return send_list(self, to, function (occupant_jid, occupant)
			if is_hidden(self, occupant_jid) and not may_see(self, viewer and viewer.nick, to, occupant_jid) then return false; end
			return filter == nil or filter(occupant_jid, occupant);
		end);
	end
end

-- Coming and going ----------------------------------------------------------------------------------------------------------

module:hook("muc-room-pre-create", function (event) hide_in(event.room); end, 10);

module:hook("muc-room-created", function (event)
	hide_in(event.room);
	if is_reported_room(event.room) then report("room-created", event.room); end
end, -100);

-- Who was put out does not come back with the token he still has: refusals last as long as this Prosody; after a restart the
-- control plane, which compares who is there with who may be, puts him out again.
local put_out = {};

module:hook("muc-occupant-pre-join", function (event)
	local person = person_of(event.origin);
	if person.userId and put_out[person.userId] then
		event.origin.send(st.error_reply(event.stanza, "auth", "forbidden", "Thông tin đăng nhập đã bị thu hồi"));
		return true;
	end
	if person.hidden then
		-- Known before the first presence is broadcast, or the others would see him come.
		local room = event.room;
		hide_in(room);
		room._tiepdan = room._tiepdan or {};
		person.joinedAt = now_ms();
		room._tiepdan[event.occupant.nick] = person;
	end
end, 10);

module:hook("muc-occupant-joined", function (event)
	local room, occupant = event.room, event.occupant;
	if not is_person(occupant.bare_jid) or not is_reported_room(room) then return; end
	local person = person_of(event.origin);
	person.joinedAt = now_ms();
	room._tiepdan = room._tiepdan or {};
	room._tiepdan[occupant.nick] = person;
	if person.moderator then
		room:set_affiliation(true, occupant.bare_jid, "owner");
	end
	report("occupant-joined", room, occupant.nick, person);
end, -100);

module:hook("muc-occupant-left", function (event)
	local room, nick = event.room, event.occupant.nick;
	local person = room._tiepdan and room._tiepdan[nick];
	if not person then return; end
	room._tiepdan[nick] = nil;
	report("occupant-left", room, nick, person);
end, -100);

module:hook("muc-room-destroyed", function (event)
	local room = event.room;
	if not is_reported_room(room) then return; end
	-- The last leave and the destroy come together, destroy may be first: whoever is still noted has left by now.
	for nick, person in pairs(room._tiepdan or {}) do
		room._tiepdan[nick] = nil;
		report("occupant-left", room, nick, person);
	end
	report("room-destroyed", room);
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

local function list(event)
	local rooms = all_rooms();
	return answer(event, 200, { processId = queue.process_id, rooms = rooms, queue = queue:counts() });
end

local function end_sessions(occupant, reason)
	for real_jid in occupant:each_session() do
		local session = prosody.full_sessions[real_jid];
		if session then session:close({ condition = "policy-violation", text = reason }); end
	end
end

local function kick(event, body)
	if type(body.userId) ~= "string" then return answer(event, 400, { title = "userId is missing" }); end
	local reason = type(body.reason) == "string" and body.reason or nil;
	put_out[body.userId] = true;
	local room = room_named(body.room);
	local leaving = {};
	for nick, person in pairs(room and room._tiepdan or {}) do
		if person.userId == body.userId then table.insert(leaving, nick); end
	end
	for _, nick in ipairs(leaving) do
		local occupant = room:get_occupant_by_nick(nick);
		if occupant then
			room:set_affiliation(true, occupant.bare_jid, "none");
			room:set_role(true, nick, nil, reason); -- 307: the client is told
			module:add_timer(0.5, function () end_sessions(occupant, reason); end);
		end
	end
	return answer(event, 200, { kicked = #leaving });
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

push_snapshot();
queue:start();
