package es

import (
	"encoding/json"
	"fmt"
	"slices"
)

// scanner finds marked values in a payload that encoding/json has written, so that it is valid and without spaces.
type scanner struct {
	data  []byte
	at    int
	found *Personal
	err   error
}

// value passes a value. m says what is marked within it; nil = nothing.
func (s *scanner) value(m *marks) {
	switch s.data[s.at] {
	case '{':
		s.object(m)
	case '[':
		s.list(m)
	case '"':
		s.text()
	default: // a number, true, false, null
		for s.at < len(s.data) && s.data[s.at] != ',' && s.data[s.at] != '}' && s.data[s.at] != ']' {
			s.at++
		}
	}
}

func (s *scanner) text() {
	for s.at++; s.data[s.at] != '"'; s.at++ {
		if s.data[s.at] == '\\' {
			s.at++
		}
	}
	s.at++
}

func (s *scanner) list(m *marks) {
	var items *marks
	if m != nil {
		items = m.items
	}
	s.at++
	for s.data[s.at] != ']' {
		s.value(items)
		if s.data[s.at] == ',' {
			s.at++
		}
	}
	s.at++
}

// span is a member of an object.
type span struct {
	marks    *marks
	from, to int
	value    int // the index among the values found
}

func (s *scanner) object(m *marks) {
	var marked []span
	var members map[string]span // as far as they are needed
	if m != nil && m.fields != nil {
		members = map[string]span{}
	}
	s.at++
	for s.data[s.at] != '}' {
		from := s.at
		s.text()
		name, to := s.data[from:s.at], s.at
		s.at++ // the colon
		if members == nil {
			s.value(nil)
		} else {
			var unquoted string
			_ = json.Unmarshal(name[:to-from], &unquoted) // encoding/json wrote it
			marked = s.member(m.fields[unquoted], unquoted, members, marked)
		}
		if s.data[s.at] == ',' {
			s.at++
		}
	}
	s.at++
	for _, found := range marked {
		s.subject(found, members)
	}
}

// member passes the value of a member of an object, and notes it.
func (s *scanner) member(m *marks, name string, members map[string]span, marked []span) []span {
	found := span{marks: m, from: s.at}
	if m != nil && m.marked {
		s.value(nil)
		found.to = s.at
		if text := string(s.data[found.from:found.to]); text != "null" && text != `""` {
			found.value = len(s.found.values)
			s.found.values = append(s.found.values, PersonalValue{
				From: found.from, To: found.to, Erased: m.erased, Blank: slices.Contains(m.blank, text),
			})
			marked = append(marked, found)
		}
	} else {
		s.value(m)
		found.to = s.at
	}
	members[name] = found
	return marked
}

// subject sets whom a value is about.
func (s *scanner) subject(found span, members map[string]span) {
	if found.marks.subject == "" {
		s.found.owner = append(s.found.owner, found.value)
		return
	}
	of, is := members[found.marks.subject]
	subject := ""
	if is {
		if err := json.Unmarshal(s.data[of.from:of.to], &subject); err != nil {
			s.fail("%s is personal, and its subject, %s, is not a text", found.marks.name, found.marks.subject)
			return
		}
	}
	if subject == "" {
		s.fail("%s is personal, and its subject, %s, is empty", found.marks.name, found.marks.subject)
		return
	}
	s.found.values[found.value].Subject = subject
}

func (s *scanner) fail(format string, args ...any) {
	if s.err == nil {
		s.err = fmt.Errorf(format, args...)
	}
}
