-- Stage stand-in for Jitsi's client_proxy: hands requests for the focus component to the user that is focus, and its answers back.

local st = require "util.stanza";
local jid = require "util.jid";

local target = module:get_option_string("target_address");
local waiting = {};
local count = 0;

local function focus_session()
	for full_jid, session in pairs(prosody.full_sessions) do
		if jid.bare(full_jid) == target then return session; end
	end
end

local function hand_on(event)
	local stanza = event.stanza;
	local session = focus_session();
	if not session then
		event.origin.send(st.error_reply(stanza, "wait", "service-unavailable", "focus is away"));
		return true;
	end
	count = count + 1;
	local key = "p" .. count;
	waiting[key] = { from = stanza.attr.from, id = stanza.attr.id };
	local copy = st.clone(stanza);
	copy.attr.to, copy.attr.from, copy.attr.id = session.full_jid, module.host .. "/" .. key, key;
	session.send(copy);
	return true;
end

local function hand_back(event)
	local key = jid.resource(event.stanza.attr.to);
	local asked = key and waiting[key];
	if not asked then return; end
	waiting[key] = nil;
	local copy = st.clone(event.stanza);
	copy.attr.to, copy.attr.from, copy.attr.id = asked.from, module.host, asked.id;
	module:send(copy);
	return true;
end

-- An address without a node counts as a host, with or without a resource.
module:hook("iq/host", function (event)
	local kind = event.stanza.attr.type;
	if kind == "get" or kind == "set" then return hand_on(event); end
	return hand_back(event);
end, 100);
