package lambda

import (
	"errors"
	"io"
	"net/http"
	"strconv"
)

// routes are the Runtime API and the part of the Extensions API that a Go function uses. Each process has its own path
// prefix, which is part of its AWS_LAMBDA_RUNTIME_API.
func (h *Host) routes() http.Handler {
	mux := http.NewServeMux()
	handle := func(method, path string, do func(*process, http.ResponseWriter, *http.Request)) {
		mux.HandleFunc(method+" /{process}"+path, func(w http.ResponseWriter, r *http.Request) {
			found, ok := h.processes.Load(r.PathValue("process"))
			if !ok {
				refuse(w, http.StatusForbidden, "unknown process")
				return
			}
			do(found.(*process), w, r)
		})
	}
	handle("GET", "/2018-06-01/runtime/invocation/next", h.next)
	handle("POST", "/2018-06-01/runtime/invocation/{id}/response", response)
	handle("POST", "/2018-06-01/runtime/invocation/{id}/error", failure)
	handle("POST", "/2018-06-01/runtime/init/error", initFailure)
	handle("POST", "/2020-01-01/extension/register", register)
	handle("GET", "/2020-01-01/extension/event/next", h.noEvents)
	return mux
}

// next waits for work, without a time limit.
func (h *Host) next(p *process, w http.ResponseWriter, r *http.Request) {
	f := p.function
	f.ready(p)
	select {
	case i := <-p.work:
		f.mu.Lock()
		i.delivered = true
		header := w.Header()
		header.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(i.deadline.UnixMilli(), 10))
		f.mu.Unlock()
		header.Set("Lambda-Runtime-Aws-Request-Id", i.id)
		header.Set("Lambda-Runtime-Invoked-Function-Arn", f.ARN)
		header.Set("Lambda-Runtime-Trace-Id", i.trace)
		header.Set("Content-Type", "application/json")
		_, _ = w.Write(i.payload) // fails only if the process ended, which gone handles
	case <-r.Context().Done():
		p.kill() // it closed the connection
	case <-h.closing:
	}
}

func response(p *process, w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	payload, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxPayload))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		p.function.answer(p, id, result{err: &FunctionError{"Function.ResponseSizeTooLarge", "the response exceeds 6 MB"}})
		refuse(w, http.StatusRequestEntityTooLarge, "RequestEntityTooLarge")
	case err != nil:
		p.kill() // its answer was incomplete
	case r.Trailer.Get("Lambda-Runtime-Function-Error-Type") != "": // a streamed answer that failed
		kind := r.Trailer.Get("Lambda-Runtime-Function-Error-Type")
		p.function.answer(p, id, result{err: &FunctionError{kind, "the response ended early"}})
		accept(w)
	case !p.function.answer(p, id, result{payload: payload}):
		refuse(w, http.StatusBadRequest, "InvalidRequestID")
	default:
		accept(w)
	}
}

func failure(p *process, w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(io.LimitReader(r.Body, maxPayload))
	if !p.function.answer(p, r.PathValue("id"), result{
		err: functionError(r.Header.Get("Lambda-Runtime-Function-Error-Type"), body),
	}) {
		refuse(w, http.StatusBadRequest, "InvalidRequestID")
		return
	}
	accept(w)
}

// initFailure ends a process that reports a failed start.
func initFailure(p *process, w http.ResponseWriter, _ *http.Request) {
	accept(w)
	p.kill()
}

// register notes that a process wants a SIGTERM before it is killed. This is the only use of extensions in Go
// functions.
func register(p *process, w http.ResponseWriter, _ *http.Request) {
	p.mu.Lock()
	p.sigterm = true
	p.mu.Unlock()
	w.Header().Set("Lambda-Extension-Identifier", p.token)
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, `{"functionName":"`+p.function.Name+`","functionVersion":"$LATEST","handler":"bootstrap"}`)
}

// noEvents blocks: a process that registered for no events gets none.
func (h *Host) noEvents(_ *process, _ http.ResponseWriter, r *http.Request) {
	select {
	case <-r.Context().Done():
	case <-h.closing:
	}
}

func accept(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusAccepted)
	_, _ = io.WriteString(w, `{"status":"OK"}`)
}

func refuse(w http.ResponseWriter, status int, why string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, `{"errorMessage":"`+why+`","errorType":"`+why+`"}`)
}
