-- sysbench's write-only mix, until a file appears: the load has to end when an alteration does, not at a time known
-- beforehand, or its percentiles would mix the alteration with what came after it.
--
--   sysbench until_told.lua --stop_file=PATH …

require("oltp_write_only")

sysbench.cmdline.options.stop_file = {"End when this file is there", ""}

local transaction = event

local function told()
   local file = io.open(sysbench.opt.stop_file)
   if file then file:close() end
   return file ~= nil
end

-- sysbench ends a thread whose event returns something, and sums up when all have ended.
function event(thread_id)
   if told() then return true end
   transaction(thread_id)
end
