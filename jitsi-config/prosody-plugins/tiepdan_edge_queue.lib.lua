-- Events on their way to the control plane: in order, one request under way at a time, kept on disk until acknowledged.
-- A file holds one Prosody process's events, one JSON object a line. A restarted Prosody sends what the old one left, then its own.

local http = require "net.http";
local json = require "util.json";
local lfs = require "lfs";
local uuid = require "util.uuid";

local queue_methods = {};
local queue_mt = { __index = queue_methods };
local batch_size = 100;
local max_wait = 5;
-- The control plane's word that the same batch will never be taken (bad form, too big): asking again would hold up all that follows.
local refusals = { [400] = true, [413] = true, [422] = true };

local function read_lines(path)
	local events = {};
	local file = io.open(path, "r");
	if not file then return events; end
	for line in file:lines() do
		-- A line cut by a power failure is left out: its event was never complete.
		local ok, event = pcall(json.decode, line);
		if ok and type(event) == "table" and event.sequence then table.insert(events, event); end
	end
	file:close();
	return events;
end

function queue_methods:path(process_id)
	return self.folder .. "/" .. process_id .. ".jsonl";
end

-- Adds an event; it is on disk when this returns. Beyond the bound the oldest is given up and counted, where everybody can see it.
function queue_methods:push(event)
	self.sequence = self.sequence + 1;
	event.sequence = self.sequence;
	table.insert(self.own, event);
	if #self.own > self.max_waiting then
		table.remove(self.own, 1);
		self.dropped = self.dropped + 1;
		self.module:log("error", "edge queue is full: %d events dropped", self.dropped);
	end
	self.file:write(json.encode(event), "\n");
	self.file:flush();
	self:send();
end

function queue_methods:counts()
	local waiting = #self.own;
	for _, old in ipairs(self.old) do waiting = waiting + #old.events; end
	return { waiting = waiting, dropped = self.dropped, refused = self.refused };
end

-- The batch to send now: what earlier processes left goes first.
function queue_methods:batch()
	local source = self.old[1] or { process_id = self.process_id, events = self.own };
	local events = {};
	for i = 1, math.min(self.batch_size, #source.events) do events[i] = source.events[i]; end
	return source, events;
end

function queue_methods:send()
	if self.sending or not self.started then return; end
	local source, events = self:batch();
	if #events == 0 then return; end
	self.sending = true;
	local body = json.encode({ processId = source.process_id, events = events });
	http.request(self.url, {
		method = "POST";
		body = body;
		headers = { ["Content-Type"] = "application/json", ["Authorization"] = "Bearer " .. self.secret };
	}, function (response_body, code)
		self.sending = false;
		self:answered(source, events, code, response_body);
	end);
end

-- Alone it is found which event the control plane does not take: that one is kept beside the queue, and a bare note with its number goes in
-- its place, so that the count has no gap and the control plane knows. A note that is refused too leaves a gap, for a snapshot to fill.
function queue_methods:set_aside(source)
	local event = source.events[1];
	if event.kind == "event-refused" then
		self:acknowledge(source, event.sequence);
		return;
	end
	self.refused = self.refused + 1;
	self.module:log("error", "control plane refuses event %d (%s), %d set aside in %s", event.sequence, tostring(event.kind), self.refused, self.folder);
	local file = io.open(self.folder .. "/refused.ndjson", "a");
	if file then
		file:write(json.encode({ processId = source.process_id, event = event }), "\n");
		file:close();
	end
	source.events[1] = { sequence = event.sequence, at = event.at, kind = "event-refused" };
	if source.events == self.own then self:rewrite(); end
end

function queue_methods:answered(source, sent, code, body)
	local parsed_ok, parsed = pcall(json.decode, body or "");
	parsed = parsed_ok and type(parsed) == "table" and parsed or {};
	if code == 200 and type(parsed.acknowledged) == "number" then
		self.wait = 0.25;
		self.batch_size = batch_size;
		self:acknowledge(source, parsed.acknowledged);
		return self:send();
	end
	if refusals[code] then
		if #sent > 1 then
			self.batch_size = math.ceil(#sent / 2);
		elseif source.events[1] == sent[1] then
			self:set_aside(source);
		end
		return self:send();
	end
	if code == 409 and parsed.needs == "snapshot" and source.events == self.own then
		-- The control plane misses events that are gone for good: it takes the state as it is now instead.
		self.own = {};
		self.on_needs_snapshot();
		return self:rewrite();
	end
	if code == 409 then
		self:acknowledge(source, math.huge);
		return self:send();
	end
	self.module:log("warn", "control plane did not take events (%s), trying again in %.1f s", tostring(code), self.wait);
	self.module:add_timer(self.wait, function () self:send(); end);
	self.wait = math.min(max_wait, self.wait * 2);
end

function queue_methods:acknowledge(source, sequence)
	while source.events[1] and source.events[1].sequence <= sequence do table.remove(source.events, 1); end
	if source == self.old[1] then
		if #source.events == 0 then
			os.remove(self:path(source.process_id));
			table.remove(self.old, 1);
		end
	elseif #self.own == 0 then
		self:rewrite();
	end
end

-- The file again with just what still waits.
function queue_methods:rewrite()
	self.file:close();
	local path = self:path(self.process_id);
	local fresh = assert(io.open(path .. ".new", "w"));
	for _, event in ipairs(self.own) do fresh:write(json.encode(event), "\n"); end
	fresh:close();
	assert(os.rename(path .. ".new", path));
	self.file = assert(io.open(path, "a"));
end

function queue_methods:start()
	self.started = true;
	self:send();
end

local function old_queues(folder, own_path)
	local found = {};
	for name in lfs.dir(folder) do
		local process_id = name:match("^([%w-]+)%.jsonl$");
		local path = folder .. "/" .. name;
		if process_id and path ~= own_path then
			local events = read_lines(path);
			if #events == 0 then
				os.remove(path);
			else
				table.insert(found, { process_id = process_id, events = events, at = lfs.attributes(path, "modification") });
			end
		end
	end
	table.sort(found, function (left, right) return left.at < right.at; end);
	return found;
end

local function new(module, options)
	local self = setmetatable({
		module = module;
		url = options.url;
		secret = options.secret;
		folder = options.folder;
		max_waiting = options.max_waiting;
		process_id = uuid.generate();
		sequence = 0;
		own = {};
		dropped = 0;
		refused = 0;
		batch_size = batch_size;
		sending = false;
		started = false;
		wait = 0.25;
	}, queue_mt);
	lfs.mkdir(self.folder);
	local path = self:path(self.process_id);
	self.file = assert(io.open(path, "a"), "cannot write to " .. self.folder);
	self.old = old_queues(self.folder, path);
	return self;
end

return { new = new };
