-- Stand-in for the prosodyctl command that Jitsi's plugins bring: `prosodyctl mod_roster_command subscribe CONTACT USER` lets CONTACT see USER's presence.
-- Nothing else of it is known here.
-- luacheck: globals module.command prosody.bare_sessions

local storagemanager = require "core.storagemanager";
local usermanager = require "core.usermanager";
local rostermanager = require "core.rostermanager";
local jid = require "util.jid";

function module.command(arg)
	local name, contact, user = arg[1], arg[2], arg[3];
	local node, host = jid.split(user or "");
	if name ~= "subscribe" or not contact or not node or not prosody.hosts[host] then
		print("usage: subscribe CONTACT USER, of a host of this server");
		return 1;
	end
	-- Outside a running server these tables are missing.
	prosody.bare_sessions = prosody.bare_sessions or {};
	rawset(_G, "bare_sessions", prosody.bare_sessions);
	if prosody.hosts[host].users.name == "null" then
		storagemanager.initialize_host(host);
		usermanager.initialize_host(host);
	end
	rostermanager.set_contact_pending_in(node, host, contact);
	rostermanager.subscribed(node, host, contact);
	return 0;
end
