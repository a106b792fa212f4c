-- The main job in Neovim, headless: from a failing test to an applied, passing, saved buffer. Ends with an exit code.
local snippet, root = os.getenv('SNIPPET'), os.getenv('ROOT')
vim.opt.swapfile = false
vim.cmd('filetype on')

local function fail(what)
  io.stderr:write('FAILED: ' .. what .. '\n')
  vim.cmd('cquit 1')
end

local function until_true(what, found, seconds)
  if not vim.wait((seconds or 60) * 1000, found, 50) then fail('it took too long: ' .. what) end
end

local function check()
  vim.g.patchwire_cmd = { os.getenv('PYTHON'), '-m', 'patchwire.lsp' }
  local patchwire = dofile(snippet)
  local said = {}
  vim.lsp.handlers['window/showMessage'] = function(_, params) table.insert(said, params.message) end

  vim.cmd.edit(root .. '/test_cart.py')
  local tests = vim.api.nvim_get_current_buf()
  vim.cmd.edit(root .. '/cart.py')
  local cart = vim.api.nvim_get_current_buf()
  local function text() return table.concat(vim.api.nvim_buf_get_lines(cart, 0, -1, false), '\n') end
  until_true('the server starts', function() return #vim.lsp.get_clients({ name = 'patchwire', bufnr = cart }) > 0 end)

  -- The bug is typed in now and never saved: what counts is what the editor shows.
  vim.api.nvim_buf_set_lines(cart, 2, 3, false, { '    for price in prices[1:]:' })
  vim.bo[cart].undolevels = vim.bo[cart].undolevels -- what was typed is one step, what is applied another
  local outcome
  patchwire.execute('fixTests', { uri = vim.uri_from_bufnr(cart), test = os.getenv('TEST') },
    function(result, failure) outcome = result or failure end)
  until_true('the turn ends', function() return outcome end, 100)
  if outcome.status ~= 'done' then fail('the turn: ' .. vim.inspect(outcome)) end
  if #said ~= 1 or not said[1]:find('A change waits', 1, true) then fail('what was said: ' .. vim.inspect(said)) end
  if not text():find('prices[1:]', 1, true) then fail('the buffer was changed before the user said so') end
  local function marks(buffer) return vim.diagnostic.get(buffer, { severity = vim.diagnostic.severity.ERROR }) end
  if #marks(tests) ~= 1 or marks(tests)[1].source ~= 'patchwire' then fail('marks: ' .. vim.inspect(marks(tests))) end

  local applied
  local lenses
  vim.lsp.buf_request(cart, 'textDocument/codeLens', { textDocument = { uri = vim.uri_from_bufnr(cart) } },
    function(_, result) lenses = result end)
  until_true('code lenses', function() return lenses end)
  if #lenses == 0 or lenses[1].command.title ~= 'Apply' then fail('lenses: ' .. vim.inspect(lenses)) end
  patchwire.execute('applyChange', lenses[1].command.arguments[1], function(result, failure) applied = result or failure end)
  until_true('the change is applied', function() return applied end)
  if applied.status ~= 'ok' or applied.files[1].state ~= 'saved' then fail('applied: ' .. vim.inspect(applied)) end
  if text():find('prices[1:]', 1, true) then fail('the buffer was not changed') end
  if vim.bo[cart].modified then fail('the buffer was not saved') end
  until_true('the mark goes', function() return #marks(tests) == 0 end, 5)

  -- One undo takes the whole change back.
  vim.api.nvim_buf_call(cart, function() vim.cmd('silent undo') end)
  if not text():find('prices[1:]', 1, true) then fail('one undo did not take the change back') end
  vim.api.nvim_buf_call(cart, function() vim.cmd('silent redo | silent write') end)

  local ran = vim.system(vim.split(os.getenv('TEST'), ' '), { cwd = root }):wait()
  if ran.code ~= 0 then fail('the tests do not pass: ' .. ran.stdout) end
  print('the main job is done in Neovim ' .. tostring(vim.version()))
end

local fine, failure = xpcall(check, debug.traceback)
if not fine then fail(failure) end
vim.lsp.stop_client(vim.lsp.get_clients())
vim.wait(5000, function() return #vim.lsp.get_clients() == 0 end, 20)
vim.cmd('qall!')
