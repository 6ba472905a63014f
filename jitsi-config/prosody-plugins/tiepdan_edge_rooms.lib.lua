-- Which rooms may be. Jicofo makes whatever room it is asked for, and it can be asked without a token: so each new room has to prove itself. The
-- control plane is asked as Jitsi's reservation module asks it; what it refuses is destroyed at once. While it does not answer, a person who
-- comes in with a token for just this room is proof enough (the control plane signed it), and a room without such a person does not outlive
-- the grace. Until it is proved, nothing about a room is told or kept but the room itself.

local http = require "net.http";
local jid = require "util.jid";
local json = require "util.json";
local st = require "util.stanza";
local formencode = require "util.http".formencode;

local most_under_way = 4; -- a flood of rooms waits here, not in front of the control plane
local most_waiting = 200;
local answer_seconds = 5;
-- The control plane's word that this name is no room that may be now. All else (no answer, 401, 404, 429, 5xx) says nothing about the room, nor
-- does a page that a proxy in between made: a hearing must not end by that.
local refusals = { [400] = true, [403] = true, [413] = true, [422] = true };

local function is_refusal(code, body)
	if not refusals[code] then return false; end
	local ok, parsed = pcall(json.decode, body or "");
	return ok and type(parsed) == "table";
end

local function new(module, people, options)
	local rooms = {};
	local waiting, under_way = {}, 0;

	function rooms.is_health(room)
		return (jid.node(room.jid) or ""):match("^__jicofo%-health%-check") ~= nil;
	end

	function rooms.is_for_people(room)
		return jid.node(room.jid) ~= nil and not rooms.is_health(room);
	end

	-- The token of this session is for this very room; one for every room names none.
	function rooms.names_room(session, room)
		local named = session and session.jitsi_meet_room;
		return type(named) == "string" and named:lower() == jid.node(room.jid);
	end

	function rooms.is_proved(room)
		return people.notes(room).proved == true;
	end

	local function is_live(room)
		return not room.destroying and options.get_room(room.jid) == room;
	end

	local function destroy(room, reason)
		room:set_persistent(false);
		room:destroy(nil, reason);
	end

	function rooms.prove(room)
		local notes = people.notes(room);
		if notes.proved or not rooms.is_for_people(room) then return; end
		notes.proved = true;
		options.on_proved(room);
	end

	local ask_next;
	local function answered(room, code, body)
		local notes = people.notes(room);
		under_way = under_way - 1;
		notes.asking = false;
		if is_live(room) then
			if code == 200 or code == 201 then
				notes.allowed = true;
				rooms.prove(room);
			elseif is_refusal(code, body) then
				module:log("info", "a room that the control plane does not allow is destroyed (%d)", code);
				destroy(room, "Phòng họp không tồn tại hoặc chưa đến giờ mở");
			end
		end
		ask_next();
	end

	local function ask_for(room)
		local over = false;
		local function once(code, body)
			if over then return; end
			over = true;
			answered(room, code, body);
		end
		module:add_timer(answer_seconds, function () once(0); end);
		http.request(options.url, {
			method = "POST";
			body = formencode({ name = jid.node(room.jid) });
			headers = { ["Content-Type"] = "application/x-www-form-urlencoded", ["Authorization"] = "Bearer " .. options.secret };
		}, function (body, code) once(code, body); end);
	end

	function ask_next()
		while under_way < most_under_way and waiting[1] do
			local room = table.remove(waiting, 1);
			if is_live(room) then
				under_way = under_way + 1;
				ask_for(room);
			end
		end
	end

	-- Asked anew until the control plane has said yes or no: what a token alone has proved may be over by now.
	local function ask(room)
		local notes = people.notes(room);
		if notes.allowed or notes.asking then return; end
		notes.asking = true;
		if #waiting >= most_waiting then
			-- Rooms that were given up meanwhile; those that live are as few as the grace allows.
			local living = {};
			for _, other in ipairs(waiting) do
				if is_live(other) then table.insert(living, other); end
			end
			waiting = living;
		end
		table.insert(waiting, room);
		ask_next();
	end

	-- From time to time: rooms that nobody has proved in time go, the others are asked about again.
	function rooms.look(room)
		local notes = people.notes(room);
		if not notes.proved and people.now_ms() - notes.since > options.grace_seconds * 1000 then return destroy(room, nil); end
		if rooms.is_for_people(room) then ask(room); end
	end

	module:hook("muc-room-pre-create", function (event)
		-- A room whose address is the component's own has no name to be known by.
		if jid.node(event.room.jid) then return; end
		event.origin.send(st.error_reply(event.stanza, "cancel", "not-allowed", "Phòng họp không có tên"));
		return true;
	end, 100);

	module:hook("muc-room-created", function (event)
		people.notes(event.room);
		-- What created the room has not finished with it: it is looked at when that has returned.
		module:add_timer(0, function ()
			if is_live(event.room) then rooms.look(event.room); end
		end);
	end, -100);

	return rooms;
end

return { new = new };
