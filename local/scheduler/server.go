package scheduler

import (
	"bytes"
	"cmp"
	"encoding/json"
	"log/slog"
	"net/http"
	"time"

	"github.com/annals-es/annals/local/endpoint"
)

// bodyTime is how long a client may take to send a request, maxBody how long the request may be.
const (
	bodyTime = 30 * time.Second
	maxBody  = 1 << 20
)

// Server answers CreateSchedule, UpdateSchedule, DeleteSchedule, GetSchedule and ListSchedules. It does not verify
// signatures.
type Server struct {
	*endpoint.Endpoint
	scheduler *Scheduler
	log       *slog.Logger

	// MayDo decides whether the signer of a request may do an action on a schedule, or pass a role, by the ARN. If nil,
	// every request is allowed. Set it before Serve.
	MayDo func(header http.Header, action, resource string) error
}

// Listen opens a free port of the loopback interface. The caller closes the server.
func Listen(log *slog.Logger) (*Server, error) {
	e, err := endpoint.Listen("EventBridge Scheduler")
	if err != nil {
		return nil, err
	}
	return &Server{Endpoint: e, log: log}, nil
}

// Serve starts to answer requests for the schedules of a scheduler.
func (s *Server) Serve(of *Scheduler) {
	s.scheduler = of
	s.Answer(s.handler())
}

func (s *Server) handler() http.Handler {
	mux := http.NewServeMux()
	for pattern, answer := range map[string]func(http.ResponseWriter, *http.Request) (any, error){
		"POST /schedules/{name}":   s.create,
		"PUT /schedules/{name}":    s.update,
		"DELETE /schedules/{name}": s.remove,
		"GET /schedules/{name}":    s.get,
		"GET /schedules":           s.list,
		"/": func(_ http.ResponseWriter, r *http.Request) (any, error) {
			return nil, &apiError{http.StatusNotFound, "UnknownOperationException", r.Method + " " + r.URL.Path +
				" is not supported locally: use CreateSchedule, UpdateSchedule, DeleteSchedule, GetSchedule or ListSchedules"}
		},
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			output, err := answer(w, r)
			if err == nil {
				_ = json.NewEncoder(w).Encode(output) // fails only if the client disconnected
			} else if err := refuse(w, err); err != nil {
				s.log.ErrorContext(r.Context(), "answer a request to EventBridge Scheduler", "error", err)
			}
		})
	}
	return mux
}

// request is the body of CreateSchedule and UpdateSchedule.
type request struct {
	ClientToken string
	Definition
}

// read reads and checks what CreateSchedule and UpdateSchedule have in common.
func (s *Server) read(w http.ResponseWriter, r *http.Request, action string) (in request, err error) {
	body, err := endpoint.ReadBody(w, r, maxBody, bodyTime)
	if err != nil {
		return in, invalid("%v", err)
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields() // fields that would have no effect
	if err := decoder.Decode(&in); err != nil {
		return in, invalid("the request is not supported locally: %v", err)
	}
	in.complete()
	if err := s.allowed(r, action, in.GroupName); err != nil {
		return in, err
	}
	if err := s.scheduler.check(in.Definition); err != nil {
		return in, err
	}
	if err := s.may(r, "iam:PassRole", in.Target.RoleArn); err != nil {
		return in, err
	}
	return in, s.scheduler.checkRole(in.Definition)
}

func (s *Server) create(w http.ResponseWriter, r *http.Request) (any, error) {
	in, err := s.read(w, r, "CreateSchedule")
	if err != nil {
		return nil, err
	}
	return s.made(r, in), s.scheduler.create(r.PathValue("name"), in.ClientToken, in.Definition)
}

func (s *Server) update(w http.ResponseWriter, r *http.Request) (any, error) {
	in, err := s.read(w, r, "UpdateSchedule")
	if err != nil {
		return nil, err
	}
	return s.made(r, in), s.scheduler.update(r.PathValue("name"), in.Definition)
}

func (s *Server) made(r *http.Request, in request) any {
	return map[string]string{"ScheduleArn": s.scheduler.arn(in.GroupName + "/" + r.PathValue("name"))}
}

func (s *Server) remove(_ http.ResponseWriter, r *http.Request) (any, error) {
	group := groupOf(r)
	if err := s.allowed(r, "DeleteSchedule", group); err != nil {
		return nil, err
	}
	return struct{}{}, s.scheduler.remove(group, r.PathValue("name"))
}

func (s *Server) get(_ http.ResponseWriter, r *http.Request) (any, error) {
	group := groupOf(r)
	if err := s.allowed(r, "GetSchedule", group); err != nil {
		return nil, err
	}
	found, err := s.scheduler.get(group, r.PathValue("name"))
	if err != nil {
		return nil, err
	}
	return struct {
		Arn, Name                          string
		CreationDate, LastModificationDate *float64
		Definition
	}{s.scheduler.arn(found.key()), found.Name, Seconds(found.Created), Seconds(found.Modified), found.Definition}, nil
}

// list asks for the right to list all groups, as AWS does: the right for one group is not enough.
func (s *Server) list(_ http.ResponseWriter, r *http.Request) (any, error) {
	q, err := parseQuery(r.URL.Query())
	if err != nil {
		return nil, err
	}
	if err := s.may(r, "scheduler:ListSchedules", s.scheduler.arn("*/*")); err != nil {
		return nil, err
	}
	return s.scheduler.list(q)
}

func groupOf(r *http.Request) string { return cmp.Or(r.URL.Query().Get("groupName"), Default) }

// allowed checks the names, whether the signer may do an action on the schedule, and whether its group exists.
func (s *Server) allowed(r *http.Request, action, group string) error {
	name := r.PathValue("name")
	if err := checkName("name", name); err != nil {
		return err
	}
	if err := checkName("groupName", group); err != nil {
		return err
	}
	if err := s.may(r, "scheduler:"+action, s.scheduler.arn(group+"/"+name)); err != nil {
		return err
	}
	return s.scheduler.checkGroup(group)
}

func (s *Server) may(r *http.Request, action, resource string) error {
	if s.MayDo == nil {
		return nil
	}
	if err := s.MayDo(r.Header, action, resource); err != nil {
		return denied(err)
	}
	return nil
}
