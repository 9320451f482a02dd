package console

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"github.com/annals-es/annals/pkg/es"
)

// answer sends a body as JSON. Who does not take it has nobody to be told.
func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

// problem answers what is wrong.
func problem(w http.ResponseWriter, status int, text string) {
	answer(w, status, struct {
		Error string `json:"error"`
	}{text})
}

// fail answers an error. Operators see all of it.
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

// streamOf reads the stream that a request names. It answers itself if that is none.
func streamOf(w http.ResponseWriter, name string) (es.StreamID, bool) {
	stream, err := es.ParseStreamID(name)
	if err != nil {
		problem(w, http.StatusBadRequest, err.Error())
	}
	return stream, err == nil
}

// maxBody is the longest body of a request, in bytes.
const maxBody = 1 << 14

// order is what a request that changes something asks for.
type order struct {
	Projection string `json:"projection"`
	Stream     string `json:"stream"`
}

// writes reads orders, where the page may change something. A form, which any page may send, can't send JSON.
func (c *Console) writes(do func(http.ResponseWriter, *http.Request, order)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !c.cfg.Write {
			problem(w, http.StatusForbidden, "this console only reads: start it with --write")
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
		if o.Projection == "" {
			problem(w, http.StatusBadRequest, "name the projection")
			return
		}
		do(w, r, o)
	}
}
