package annals

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/annals-es/annals/pkg/annals/internal/payload"
	"github.com/annals-es/annals/pkg/annals/publish"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/personal"
	"github.com/annals-es/annals/pkg/es/personal/subjects"
	"github.com/annals-es/annals/pkg/es/projection"
)

// ForgetReaction is the name of the reaction that starts to forget a person. Every service with personal data has it.
const ForgetReaction = "forget-subjects"

// SubjectID is the id of a person whom events have data about, such as the subject of the person's token.
type SubjectID string

// JSONSchema implements [Described].
func (SubjectID) JSONSchema() Schema {
	return Schema{
		Description: "The id of a person, as events have it", MinLength: 1, MaxLength: personal.MaxSubjectBytes,
		Pattern: `^[^$]`, PatternForm: "an id that does not begin with $",
	}
}

// BySubject is the input of operations about a person.
type BySubject struct {
	ID SubjectID `path:"id" json:"-"`
}

// SubjectReport says what is stored about a person, and how far it is forgotten.
type SubjectReport struct {
	Subject string `json:"subject"`
	subjects.Report
}

// completeSubjects adds what every service with personal data has: the aggregate, the routes and the reaction that
// forget a person, and the routes that tell a person what is stored.
func (s *Service) completeSubjects() {
	if !s.HasPersonal() {
		return
	}
	if s.Aggregate(subjects.StreamType) != nil {
		s.wrong("aggregate %s: the library's own aggregate, which records how people are forgotten, has this name: "+
			"choose another", subjects.StreamType)
		return
	}
	s.add(Aggregate(subjects.Aggregate))
	s.add(React(ForgetReaction, subjects.Aggregate, startForgetting, subjects.Event(subjects.ForgettingRequested{})))
	s.add(newOperation("POST /subjects/{id}/forget", Forgets, Operation{
		StreamType: subjects.StreamType, In: reflect.TypeFor[BySubject](), Answer: reflect.TypeFor[SubjectReport](),
		runs: forgetting{},
	}, []Option{Operators, Named("forget-subject", "Forget a person: repeat it to go on after a failure")}))
	about := func(route, id, summary string, answer reflect.Type, tell tells) {
		s.add(newOperation(route, ShowsSubject, Operation{
			In: reflect.TypeFor[BySubject](), Answer: answer, tells: tell,
		}, []Option{OwnerOnly, Named(id, summary)}))
	}
	about("GET /subjects/{id}", "get-subject", "How far a person is forgotten", reflect.TypeFor[SubjectReport](), reporting{})
	about("GET /subjects/{id}/export", "export-subject", "Everything that is stored about a person",
		reflect.TypeFor[subjects.Document](), exporting{})
}

// RenewsKey reports whether people who were forgotten get a new key for new events of streams of a type: see [NewKeys].
func (s *Service) RenewsKey(streamType string) bool {
	a := s.Aggregate(streamType)
	return a != nil && a.Renews
}

// startForgetting starts to forget a person, once for each request.
func startForgetting(tx *Tx, e projection.Event[subjects.Event]) error {
	if tx.forget == nil {
		return errors.New("nothing starts to forget a person: set annals.Config.Forget")
	}
	return tx.forget(tx.Context(), tx.CommandID(), e.Stream.ID)
}

// personalStore returns the store with keys.
func (r *Running) personalStore() (*personal.Store, error) {
	if r.Personal == nil {
		return nil, errors.New("the service was opened without keys: set annals.Stores.Personal")
	}
	return r.Personal, nil
}

// Forget asks to forget a person. If that was asked for before and has not ended, it goes on. It is stored, and the
// reactor starts the work.
//
// Errors: [es.NotFoundError] if nothing about the person is stored; those of the stores.
func (r *Running) Forget(ctx context.Context, subject string, cmd es.Command) (es.StreamVersion, SubjectReport, error) {
	none := es.StreamVersion{}
	store, err := r.personalStore()
	if err != nil {
		return none, SubjectReport{}, err
	}
	stream := subjects.Aggregate.Stream(subject)
	if strings.HasPrefix(subject, "$") || personal.Check(subject) != nil {
		return none, SubjectReport{}, &es.NotFoundError{Stream: stream}
	}
	keys, err := store.Keys().Load(ctx, subject)
	unreadable := errors.As(err, new(*personal.KeyError)) // it is deleted, too
	if err != nil && !unreadable {
		return none, SubjectReport{}, err
	}
	key := keys[subject]
	if key.Number == 0 && !unreadable { // no event has data about the person
		return none, SubjectReport{}, &es.NotFoundError{Stream: stream}
	}
	executor := es.NewExecutor(r.Events, es.ExecutorConfig{Log: r.log})
	out, err := es.NewRepository(executor, subjects.Aggregate, es.RepositoryConfig{}).CreateOrExecute(ctx, subject, cmd,
		func(s subjects.State) ([]subjects.Event, error) { return s.Request(time.Now(), key), nil })
	if err != nil {
		return none, SubjectReport{}, err
	}
	return es.StreamVersion{Stream: stream, Version: out.Version}, SubjectReport{subject, out.State.Report}, nil
}

type forgetting struct{}

func (forgetting) run(ctx context.Context, r *Running, q *Request) (*Outcome, error) {
	at, report, err := r.Forget(ctx, q.ID, q.Command)
	if err != nil {
		return nil, err
	}
	return &Outcome{Streams: []es.StreamVersion{at}, Answer: report}, nil
}

// Subject returns what is stored about a person, and how far the person is forgotten.
//
// Errors: [es.NotFoundError] if nothing is stored; those of the stores.
func (r *Running) Subject(ctx context.Context, subject string) (SubjectReport, error) {
	store, err := r.personalStore()
	if err != nil {
		return SubjectReport{}, err
	}
	report, err := subjects.ReportOf(ctx, r.Events, store.Keys(), subject)
	return SubjectReport{subject, report}, err
}

type reporting struct{}

func (reporting) tell(ctx context.Context, r *Running, subject string) (any, error) {
	return r.Subject(ctx, subject)
}

// Exporter reads what is stored about people. To a person belong the streams that the person created, and those of which
// the person is the owner: see [OwnedBy].
//
// Errors: one if the service was opened without keys.
func (r *Running) Exporter() (*subjects.Exporter, error) {
	store, err := r.personalStore()
	if err != nil {
		return nil, err
	}
	return &subjects.Exporter{
		Events: store, Owners: r.Service.owners,
		Again: func(c *es.Commit, i int) ([]es.RawEvent, error) {
			a := r.Service.Aggregate(c.Stream.Type)
			if a == nil || !a.Personal {
				return nil, nil
			}
			return a.typed.again(c, i)
		},
	}, nil
}

// owners are the people to whom a stream belongs.
func (s *Service) owners(first *es.Commit) ([]string, error) {
	all := []string{first.Meta.Actor}
	a := s.Aggregate(first.Stream.Type)
	if a == nil {
		return all, nil
	}
	owner, err := a.Owner(first)
	return append(all, owner), err
}

// Forgetter returns what does the work after [Running.Forget]. The engine has all read models.
//
// Errors: one if the service was opened without keys.
func (r *Running) Forgetter(engine *projection.Engine, cfg subjects.Config) (*subjects.Forgetter, error) {
	if _, err := r.personalStore(); err != nil {
		return nil, err
	}
	cfg.Published = func(ctx context.Context, stream es.StreamID) (map[string]int, error) {
		return publish.Count(ctx, r.Events, stream, r.Service.PublicPrefix, r.Service.Public...)
	}
	cfg.Log, cfg.Reactions = r.log, []string{publish.Name}
	for _, reaction := range r.Service.Reactions {
		cfg.Reactions = append(cfg.Reactions, reaction.Name)
	}
	return subjects.NewForgetter(subjects.Stores{
		Events: r.Events, Keys: r.Personal.Keys(), Engine: engine, Snapshots: r.Snapshots,
	}, cfg), nil
}

type exporting struct{}

func (exporting) tell(ctx context.Context, r *Running, subject string) (any, error) {
	report, err := r.Subject(ctx, subject)
	if err != nil {
		return nil, err
	}
	x, err := r.Exporter()
	if err != nil {
		return nil, err
	}
	out, size := &subjects.Document{Subject: subject, At: time.Now().UTC(), Report: report.Report, Streams: []subjects.Stream{}}, 0
	for stream, err := range x.Streams(ctx, subject) {
		if err != nil {
			return nil, err
		}
		if size += payload.JSONSize(stream); size > payload.PageBytes {
			return nil, &Refusal{
				Status: http.StatusRequestEntityTooLarge, Code: "too-large",
				Detail: "what is stored about the person does not fit into an answer: use `annals subjects export`",
			}
		}
		out.Streams = append(out.Streams, stream)
	}
	return out, nil
}
