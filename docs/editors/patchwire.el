;;; patchwire.el --- Patchwire for Emacs, through eglot -*- lexical-binding: t -*-

;; Emacs 28 or later with eglot.  Put this file on your load-path and say (require 'patchwire).
;;
;; Eglot runs one server for a buffer.  Where you use none yet, this is all:
;;
;;     (add-to-list 'eglot-server-programs `(python-mode . ,patchwire-contact))
;;
;; Where you use one, run both behind a multiplexer such as rassumfrassum (`pip install rassumfrassum'):
;;
;;     (add-to-list 'eglot-server-programs
;;                  '(python-mode . ("rass" "--" "pyright-langserver" "--stdio" "--" "patchwire-lsp")))
;;
;; Then: M-x patchwire-fix-tests, M-x patchwire-apply, or `eglot-code-actions' at any place.

(require 'eglot)

(defvar patchwire-contact '("patchwire-lsp" :initializationOptions (:canSave t :canAsk t))
  "How eglot starts the server.")

(cl-defmethod eglot-handle-request (_server (_method (eql patchwire/save)) &key uris)
  "Save what was applied, so that tests in a terminal see it."
  (mapc (lambda (uri)
          (let ((buffer (find-buffer-visiting (eglot--uri-to-path uri))))
            (when buffer (with-current-buffer buffer (basic-save-buffer)))))
        uris)
  nil)

(cl-defmethod eglot-handle-request (_server (_method (eql patchwire/ask)) &key prompt)
  "Ask the user for a text."
  (list :text (read-string (concat prompt " "))))

(cl-defmethod eglot-handle-request :after (server (_method (eql workspace/applyEdit)) &rest _)
  "Show the server at once what became of its edit; it does not take our word for it."
  (dolist (buffer (eglot--managed-buffers server))
    (with-current-buffer buffer (eglot--signal-textDocument/didChange))))

(defun patchwire-execute (command argument &optional done)
  "Run COMMAND with ARGUMENT, a plist; DONE gets the outcome, else its message is shown."
  (let ((server (eglot-current-server)))
    (unless server (user-error "Patchwire does not run here: start it with M-x eglot"))
    (eglot--signal-textDocument/didChange)
    (jsonrpc-async-request
     server :workspace/executeCommand
     (list :command (concat "patchwire." command) :arguments (vector argument))
     :success-fn (or done
                     (lambda (outcome)
                       (message "Patchwire: %s" (car (split-string (plist-get outcome :message) "\n")))))
     :error-fn (lambda (failure) (message "Patchwire: %s" (plist-get failure :message)))
     ;; A turn takes as long as it takes; `patchwire-cancel' ends it.
     :timeout-fn #'ignore :timeout 86400)))

(defun patchwire--place ()
  "Where point or the region is."
  (let ((start (if (use-region-p) (region-beginning) (line-beginning-position)))
        (end (if (use-region-p) (region-end) (line-end-position))))
    (list :uri (eglot--path-to-uri buffer-file-name)
          :range (list :start (eglot--pos-to-lsp-position start) :end (eglot--pos-to-lsp-position end)))))

(defun patchwire-fix-tests () "Make the failing tests pass." (interactive)
       (patchwire-execute "fixTests" (patchwire--place)))
(defun patchwire-edit (instruction) "Do INSTRUCTION to the region." (interactive "sWhat is to be done? ")
       (patchwire-execute "editSelection" (append (patchwire--place) (list :instruction instruction))))
(defun patchwire-do-comment () "Do what the comment at point says." (interactive)
       (patchwire-execute "doComment" (patchwire--place)))
(defun patchwire-continue (instruction) "Go on with INSTRUCTION." (interactive "sHow shall it go on? ")
       (patchwire-execute "continue" (append (patchwire--place) (list :instruction instruction))))
(defun patchwire-apply () "Apply the pending change." (interactive)
       (patchwire-execute "applyChange" (patchwire--place)))
(defun patchwire-discard () "Discard the pending change." (interactive)
       (patchwire-execute "discardChange" (patchwire--place)))
(defun patchwire-show () "Show the pending change as a diff." (interactive)
       (patchwire-execute
        "showChange" (append (patchwire--place) '(:open :json-false))
        (lambda (outcome)
          (if (plist-get outcome :document)
              (find-file (eglot--uri-to-path (plist-get outcome :document)))
            (message "Patchwire: %s" (plist-get outcome :message))))))
(defun patchwire-cancel () "End what runs." (interactive)
       (patchwire-execute "cancel" (patchwire--place)))

(provide 'patchwire)
;;; patchwire.el ends here
