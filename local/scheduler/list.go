package scheduler

import (
	"encoding/base64"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// summary is a schedule in a list.
type summary struct {
	Arn                  string
	CreationDate         *float64
	GroupName            string
	LastModificationDate *float64
	Name                 string
	State                string
	Target               struct{ Arn string }
}

// page is a part of a list.
type page struct {
	NextToken string `json:",omitempty"`
	Schedules []summary
}

// query is the parameters of ListSchedules.
type query struct {
	group, prefix, state string
	after                string // the key of the last schedule of the page before
	most                 int
}

func parseQuery(values url.Values) (query, error) {
	q := query{
		group: values.Get("ScheduleGroup"), prefix: values.Get("NamePrefix"), state: values.Get("State"), most: maxList,
	}
	if text := values.Get("MaxResults"); text != "" {
		var err error
		if q.most, err = strconv.Atoi(text); err != nil || q.most < 1 || q.most > maxList {
			return q, invalid("MaxResults is %s: use 1 to %d", text, maxList)
		}
	}
	if q.group != "" {
		if err := checkName("groupName", q.group); err != nil {
			return q, err
		}
	}
	if q.prefix != "" {
		if err := checkName("namePrefix", q.prefix); err != nil {
			return q, err
		}
	}
	if q.state != "" && q.state != enabled && q.state != disabled {
		return q, invalid("State is %q: use ENABLED or DISABLED", q.state)
	}
	after, err := base64.URLEncoding.DecodeString(values.Get("NextToken"))
	if err != nil {
		return q, invalid("Invalid NextToken.")
	}
	q.after = string(after)
	return q, nil
}

// list returns schedules by group and name.
func (s *Scheduler) list(q query) (page, error) {
	if q.group != "" {
		if err := s.checkGroup(q.group); err != nil {
			return page{}, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	out, last := page{Schedules: []summary{}}, ""
	for _, key := range slices.Sorted(maps.Keys(s.all)) {
		r := s.all[key]
		switch {
		case key <= q.after, q.group != "" && r.GroupName != q.group, !strings.HasPrefix(r.Name, q.prefix):
			continue
		case q.state != "" && r.State != q.state, s.checkGroup(r.GroupName) != nil:
			continue
		case len(out.Schedules) == q.most:
			out.NextToken = base64.URLEncoding.EncodeToString([]byte(last))
			return out, nil
		}
		last = key
		out.Schedules = append(out.Schedules, summary{
			Arn: s.arn(key), CreationDate: Seconds(r.Created), GroupName: r.GroupName,
			LastModificationDate: Seconds(r.Modified), Name: r.Name, State: r.State, Target: struct{ Arn string }{r.Target.Arn},
		})
	}
	return out, nil
}
