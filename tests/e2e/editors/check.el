;;; The main job in Emacs with eglot, in batch: from a failing test to an applied, passing, saved buffer. -*- lexical-binding: t -*-

(require 'project)
(load (getenv "SNIPPET") nil t)
(setq make-backup-files nil auto-save-default nil create-lockfiles nil eglot-autoshutdown nil eglot-sync-connect 30
      eglot-confirm-server-initiated-edits nil) ; nobody is there to say yes

(defun check (what found)
  "Fail with WHAT unless FOUND."
  (unless found
    (message "FAILED: %s" what)
    (kill-emacs 1)))

(defun until (what found seconds)
  "Wait SECONDS at most until FOUND gives something; fail with WHAT."
  (let ((deadline (+ (float-time) seconds)) value)
    (while (not (or (setq value (funcall found)) (> (float-time) deadline)))
      (accept-process-output nil 0.05))
    (check (concat "it took too long: " what) value)
    value))

(defun outcome-of (command argument seconds)
  "Run COMMAND with ARGUMENT; its outcome."
  (let (outcome)
    (patchwire-execute command argument (lambda (result) (setq outcome result)))
    (until command (lambda () outcome) seconds)))

(let* ((root (file-name-as-directory (getenv "ROOT")))
       (contact (append (list (getenv "PYTHON") "-m" "patchwire.lsp") (cdr patchwire-contact)))
       (tests (find-file-noselect (concat root "test_cart.py")))
       (cart (find-file-noselect (concat root "cart.py"))))
  (with-current-buffer cart
    (eglot '(python-mode) (project-current) 'eglot-lsp-server contact "python")
    (until "the server starts" #'eglot-managed-p 30)
    (with-current-buffer tests (eglot--maybe-activate-editing-mode))
    ;; The bug is typed in now and never saved: what counts is what the editor shows.
    (goto-char (point-min))
    (search-forward "in prices:")
    (replace-match "in prices[1:]:")
    (let* ((uri (eglot--path-to-uri buffer-file-name))
           (outcome (outcome-of "fixTests" (list :uri uri :test (getenv "TEST")) 100)))
      (check (format "the turn: %S" outcome) (equal (plist-get outcome :status) "done"))
      (check "the buffer was changed before the user said so" (string-search "prices[1:]" (buffer-string)))
      (let ((actions (jsonrpc-request (eglot-current-server) :textDocument/codeAction
                                      (list :textDocument (list :uri uri)
                                            :range (list :start '(:line 2 :character 0) :end '(:line 2 :character 0))
                                            :context '(:diagnostics [])))))
        (check (format "code actions: %S" actions)
               (seq-find (lambda (action) (equal (plist-get action :title) "Apply this change")) actions)))
      (let* ((applied (outcome-of "applyChange" (list :uri uri) 30))
             (file (aref (plist-get applied :files) 0)))
        (check (format "applied: %S" applied) (equal (plist-get applied :status) "ok"))
        (check (format "not saved: %S" file) (equal (plist-get file :state) "saved")))
      (check "the buffer was not changed" (not (string-search "prices[1:]" (buffer-string))))
      (check "the buffer was not saved" (not (buffer-modified-p)))
      (let* ((default-directory root)
             (words (split-string (getenv "TEST")))
             (code (apply #'call-process (car words) nil nil nil (cdr words))))
        (check "the tests do not pass" (equal code 0)))
      (message "the main job is done in Emacs %s" emacs-version)
      (ignore-errors (eglot-shutdown (eglot-current-server) nil 5)))))
(kill-emacs 0)
