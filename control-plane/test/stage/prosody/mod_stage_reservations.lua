-- Stage stand-in for Jitsi's reservation module: before a room may exist the control plane is asked, and the client's conference
-- request waits for the answer. Loaded on the participants' host.

local http = require "net.http";
local jid = require "util.jid";
local json = require "util.json";
local st = require "util.stanza";
local time = require "util.time";
local formencode = require "util.http".formencode;

local prefix = module:get_option_string("reservations_api_prefix");
local headers = module:get_option("reservations_api_headers", {});
local retries = module:get_option_number("reservations_api_retry_count", 3);
local retry_delay = module:get_option_number("reservations_api_retry_delay", 3);
local muc_host = module:get_option_string("stage_muc");
local focus_xmlns = "http://jitsi.org/protocol/focus";
local refused_for = 30;
local reservations = {}; -- room name → { state, waiting = { events }, … }

local function forward(event)
	module:fire_event("stage-reservation-granted", event);
	event.stanza.attr.stage_reserved = nil;
	prosody.core_post_stanza(event.origin, event.stanza);
end

local function refuse(event, code, message)
	local reply = st.error_reply(event.stanza, "cancel", "service-unavailable", message)
		:tag("reservation-error", { xmlns = "http://jitsi.org/jitmeet", ["error-code"] = tostring(code) }):up();
	event.origin.send(reply);
end

local function decide(name, outcome)
	local entry = reservations[name];
	if not entry then return; end
	local waiting = entry.waiting or {};
	entry.waiting = nil;
	for key, value in pairs(outcome) do entry[key] = value; end
	for _, event in ipairs(waiting) do
		if entry.state == "granted" then forward(event); else refuse(event, entry.code, entry.message); end
	end
end

local function granted(name, body)
	local ok, answer = pcall(json.decode, body or "");
	if not ok or type(answer) ~= "table" or type(answer.duration) ~= "number" or tostring(answer.name):lower() ~= name then
		return decide(name, { state = "refused", code = 500, message = "unreadable reservation", at = time.now() });
	end
	-- When the duration has passed the room is destroyed, with whoever is in it.
	module:add_timer(answer.duration, function ()
		local room = prosody.hosts[muc_host].modules.muc.get_room_from_jid(jid.join(name, muc_host));
		if room and reservations[name] and reservations[name].id == answer.id then room:destroy(nil, "Scheduled conference duration exceeded."); end
	end);
	decide(name, { state = "granted", id = tostring(answer.id) });
end

local ask;
local function answered(name, method, url, attempt, body, code)
	if code == 200 or code == 201 then return granted(name, body); end
	local ok, answer = pcall(json.decode, body or "");
	answer = ok and type(answer) == "table" and answer or {};
	if code == 409 and answer.conflict_id and method == "POST" then
		return ask(name, "GET", prefix .. "/conference/" .. tostring(answer.conflict_id), 0);
	end
	if code >= 500 and attempt < retries then
		return module:add_timer(retry_delay, function () ask(name, method, url, attempt + 1); end);
	end
	decide(name, { state = "refused", code = code > 0 and code or 500, message = answer.message or answer.title or "refused", at = time.now() });
end

function ask(name, method, url, attempt)
	local body = method == "POST" and formencode({ name = name, start_time = os.date("!%Y-%m-%dT%H:%M:%S.000Z"), mail_owner = "" }) or nil;
	local sent = { ["Content-Type"] = body and "application/x-www-form-urlencoded" or nil };
	for key, value in pairs(headers) do sent[key] = value; end
	http.request(url, { method = method, body = body, headers = sent }, function (response, code)
		answered(name, method, url, attempt, response, code);
	end);
end

local function on_conference_request(event)
	local request = event.stanza:get_child("conference", focus_xmlns);
	if not request or event.stanza.attr.type ~= "set" then return; end
	local name = (jid.node(request.attr.room or "") or ""):lower();
	local entry = reservations[name];
	if entry and entry.state == "refused" and time.now() - entry.at > refused_for then entry = nil; end
	if entry and entry.state == "granted" then return; end
	if entry and entry.state == "refused" then
		refuse(event, entry.code, entry.message);
		return true;
	end
	if entry then
		table.insert(entry.waiting, event);
		return true;
	end
	reservations[name] = { state = "asking", waiting = { event } };
	ask(name, "POST", prefix .. "/conference", 0);
	return true;
end
module:hook("pre-iq/host", on_conference_request, 50);
module:hook("pre-iq/full", on_conference_request, 50);

module:hook_global("stage-room-destroyed", function (event)
	local name = jid.node(event.room.jid);
	local entry = reservations[name];
	reservations[name] = nil;
	if entry and entry.id then
		local sent = {};
		for key, value in pairs(headers) do sent[key] = value; end
		http.request(prefix .. "/conference/" .. entry.id, { method = "DELETE", headers = sent }, function () end);
	end
end);
