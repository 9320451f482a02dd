package console

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"github.com/annals-es/annals/pkg/es"
)

// answer sends a body as JSON. It ignores errors: the client is gone.
func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

// problem answers with an error text.
func problem(w http.ResponseWriter, status int, text string) {
	answer(w, status, struct {
		Error string `json:"error"`
	}{text})
}

// fail answers with an error. Operators see its whole text.
func fail(w http.ResponseWriter, err error) {
	var stream *es.NotFoundError
	switch {
	case errors.As(err, &stream):
		problem(w, http.StatusNotFound, "There is no stream "+stream.Stream.String())
	case errors.As(err, new(*es.VersionNotFoundError)):
		problem(w, http.StatusNotFound, err.Error())
	default:
		problem(w, http.StatusInternalServerError, err.Error())
	}
}

// streamOf reads a stream's name from a request. If the name is invalid, it answers with the error.
func streamOf(w http.ResponseWriter, name string) (es.StreamID, bool) {
	stream, err := es.ParseStreamID(name)
	if err != nil {
		problem(w, http.StatusBadRequest, err.Error())
	}
	return stream, err == nil
}

// maxBody is the longest body of a request, in bytes.
const maxBody = 1 << 14

// order is the body of a request that changes something.
type order struct {
	// Projection is the name of a projection, or of a timer.
	Projection string `json:"projection"`
	Stream     string `json:"stream"`
	// Deadline is the name of a deadline.
	Deadline string `json:"deadline"`
	// Subject is the id of a person.
	Subject string `json:"subject"`
}

// ofProjection returns a handler of orders that name a projection.
func ofProjection(do func(http.ResponseWriter, *http.Request, order)) func(http.ResponseWriter, *http.Request, order) {
	return func(w http.ResponseWriter, r *http.Request, o order) {
		if o.Projection == "" {
			problem(w, http.StatusBadRequest, "projection is missing")
			return
		}
		do(w, r, o)
	}
}

// writes returns a handler that reads an order and passes it to do. It refuses if the console is read-only. It accepts
// only JSON, which the form of another site can't send.
func (c *Console) writes(do func(http.ResponseWriter, *http.Request, order)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !c.cfg.Write {
			problem(w, http.StatusForbidden, "this console is read-only: start it with --write")
			return
		}
		if r.Header.Get("Content-Type") != "application/json" {
			problem(w, http.StatusUnsupportedMediaType, "want application/json")
			return
		}
		var o order
		d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
		d.DisallowUnknownFields()
		if err := d.Decode(&o); err != nil {
			problem(w, http.StatusBadRequest, err.Error())
			return
		}
		if _, err := d.Token(); !errors.Is(err, io.EOF) {
			problem(w, http.StatusBadRequest, "want one JSON document")
			return
		}
		do(w, r, o)
	}
}
