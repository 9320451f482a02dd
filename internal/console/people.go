package console

import (
	"context"
	"errors"
	"net/http"
	"time"
	"unicode/utf8"

	"github.com/annals-es/annals/pkg/es"
)

// People finds and forgets people.
type People interface {
	// Person returns what is stored about a person.
	//
	// Errors: [es.NotFoundError] if nothing is.
	Person(ctx context.Context, id string) (Person, error)
	// Forget asks to forget a person. It returns when the request is stored: [People.Person] tells the progress. A call for
	// a person who is not forgotten yet continues after a failure.
	//
	// Errors: [es.NotFoundError] if no event has data about the person.
	Forget(ctx context.Context, id string) error
}

// Person is a person whom events have personal data about, and how far the person is forgotten.
type Person struct {
	Subject string `json:"subject"`
	// Status is known, requested, waiting or forgotten.
	Status string `json:"status"`
	// RequestedAt is when it was asked to forget the person, KeyDeletedAt when the key was deleted, Until when the last
	// process loses it.
	RequestedAt  *time.Time `json:"requestedAt,omitempty"`
	KeyDeletedAt *time.Time `json:"keyDeletedAt,omitempty"`
	Until        *time.Time `json:"until,omitempty"`
	// Streams, Documents, Rows and Snapshots count what was cleared.
	Streams   int `json:"streams"`
	Documents int `json:"documents"`
	Rows      int `json:"rows"`
	Snapshots int `json:"snapshots"`
	// Published are the public events of the person's streams.
	Published []Published `json:"published"`
	// Unknown are read models that the code does not have. They were not cleared.
	Unknown     []string   `json:"unknown,omitempty"`
	ForgottenAt *time.Time `json:"forgottenAt,omitempty"`
	// Final is when the last copy that can be recovered will be gone.
	Final *time.Time `json:"final,omitempty"`
	// Names are the names of the streams with data about the person.
	Names []string `json:"names"`
}

// Published counts public events of one type.
type Published struct {
	Type   string `json:"type"`
	Events int    `json:"events"`
}

// maxNames is the most streams of a person that are listed.
const maxNames = 1000

// hasPeople returns a handler that refuses if the service has no personal data.
func (c *Console) hasPeople(do http.HandlerFunc) http.HandlerFunc {
	if c.cfg.People != nil {
		return do
	}
	return func(w http.ResponseWriter, _ *http.Request) {
		problem(w, http.StatusNotFound, "This service has no personal data: none of its events has a field with the tag personal.")
	}
}

// person answers with what is stored about a person.
func (c *Console) person(w http.ResponseWriter, r *http.Request) {
	if id := r.URL.Query().Get("id"); isPerson(w, id) {
		c.tell(r.Context(), w, http.StatusOK, id)
	}
}

// forget asks to forget a person, and answers how far that is.
func (c *Console) forget(w http.ResponseWriter, r *http.Request, o order) {
	if !isPerson(w, o.Subject) {
		return
	}
	// The request is stored even if the page is closed.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), c.cfg.Timeout)
	defer cancel()
	c.cfg.Log.InfoContext(ctx, "the console asks to forget a person", "subject", o.Subject)
	if err := c.cfg.People.Forget(ctx, o.Subject); err != nil {
		failPerson(w, o.Subject, err)
		return
	}
	c.tell(ctx, w, http.StatusAccepted, o.Subject)
}

// tell answers with the report on a person.
func (c *Console) tell(ctx context.Context, w http.ResponseWriter, status int, id string) {
	found, err := c.cfg.People.Person(ctx, id)
	if err != nil {
		failPerson(w, id, err)
		return
	}
	out := struct {
		Person
		// More is true if more streams than Names have data about the person.
		More bool `json:"more"`
	}{found, len(found.Names) > maxNames}
	out.Names = append([]string{}, found.Names[:min(len(found.Names), maxNames)]...)
	out.Published = append([]Published{}, found.Published...)
	answer(w, status, out)
}

// maxID is the longest id of a person, in bytes.
const maxID = 1000

// isPerson checks the id of a person. If it is invalid, it answers with the error. An id that begins with $ is not a
// person's: the service keeps its own keys under such ids.
func isPerson(w http.ResponseWriter, id string) bool {
	var reason string
	switch {
	case id == "":
		reason = "it is empty"
	case !utf8.ValidString(id):
		reason = "it is not UTF-8"
	case len(id) > maxID:
		reason = "it has more than 1,000 bytes"
	case id[0] == '$':
		reason = "it begins with $"
	default:
		return true
	}
	problem(w, http.StatusBadRequest, "This can’t be the id of a person: "+reason+".")
	return false
}

func failPerson(w http.ResponseWriter, id string, err error) {
	if errors.As(err, new(*es.NotFoundError)) {
		problem(w, http.StatusNotFound, "Nothing is stored about a person with the id "+id+".")
		return
	}
	fail(w, err)
}
