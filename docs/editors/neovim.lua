-- Patchwire in Neovim 0.11 or later: copy this to ~/.config/nvim/plugin/patchwire.lua.
--
--   :Patchwire fixTests                 make the failing tests pass
--   :'<,'>Patchwire editSelection …     do something to the selected lines
--   :Patchwire applyChange              take the change; also discardChange, showChange, cancel, continue …
--
-- Code lenses ("Apply", "Fix with Patchwire") are run by vim.lsp.codelens.run(), code actions by gra.

local commands = {
  'fixTests', 'fixDiagnostic', 'doComment', 'editSelection', 'continue', 'addMessage', 'cancel', 'applyChange',
  'discardChange', 'showChange', 'runTests', 'status',
}

vim.lsp.config('patchwire', {
  cmd = vim.g.patchwire_cmd or { 'patchwire-lsp' },
  root_markers = { '.git', 'pyproject.toml', 'package.json', 'go.mod', 'Cargo.toml' },
  workspace_required = true,
  init_options = vim.tbl_extend('force', { canSave = true, canAsk = true }, vim.g.patchwire_options or {}),
  handlers = {
    -- What was applied is saved, so that tests in a terminal see it.
    ['patchwire/save'] = function(_, params)
      for _, uri in ipairs(params.uris) do
        vim.api.nvim_buf_call(vim.uri_to_bufnr(uri), function() vim.cmd('silent update') end)
      end
      return vim.NIL
    end,
    ['patchwire/ask'] = function(_, params)
      return { text = vim.fn.input(params.prompt .. ' ') }
    end,
  },
  on_attach = function(_, buffer)
    vim.api.nvim_create_autocmd({ 'BufEnter', 'InsertLeave' }, {
      buffer = buffer,
      callback = function() vim.lsp.codelens.refresh({ bufnr = buffer }) end,
    })
  end,
})
vim.lsp.enable('patchwire')

-- Run a command at a place; `done` gets its outcome.
local function execute(command, argument, done)
  local client = vim.lsp.get_clients({ name = 'patchwire' })[1]
  if not client then
    vim.notify('Patchwire does not run here: open a file of a project first.', vim.log.levels.WARN)
    return
  end
  client:request('workspace/executeCommand', { command = 'patchwire.' .. command, arguments = { argument } },
    function(failure, outcome)
      if failure then vim.notify(failure.message, vim.log.levels.ERROR) end
      vim.lsp.codelens.refresh()
      if done then done(outcome, failure) end
    end)
end

vim.api.nvim_create_user_command('Patchwire', function(given)
  local command, instruction = given.args:match('^(%S+)%s*(.*)$')
  local first, last = given.line1 - 1, given.line2
  execute(command, {
    uri = vim.uri_from_bufnr(0),
    range = { start = { line = first, character = 0 }, ['end'] = { line = last, character = 0 } },
    instruction = instruction ~= '' and instruction or nil,
  }, function(outcome)
    -- The server shows the end of a turn itself; the other commands answer only to whoever asked.
    if outcome and not outcome.turn then vim.notify('Patchwire: ' .. outcome.message:match('[^\n]*')) end
  end)
end, {
  nargs = '+',
  range = true,
  complete = function(lead) return vim.tbl_filter(function(name) return vim.startswith(name, lead) end, commands) end,
})

return { execute = execute }
