package template

import "encoding/json"

// Stack is a template's metadata and the names of its resources.
type Stack struct {
	Name string
	// Metadata is the template's Metadata, by key: unchanged JSON.
	Metadata map[string]json.RawMessage
	// Physical are the physical ids of its resources, by logical id. They are the values of Ref: the name of a table, a
	// function or a bucket, the URL of a queue, the ARN of a state machine, the id of an API.
	Physical map[string]string
}

func (s *stack) addStack(system *System) error {
	described := Stack{Name: s.name, Metadata: s.Metadata, Physical: map[string]string{}}
	for id := range s.Resources {
		value, err := s.ref(id, 0)
		if err != nil {
			continue // the error is reported where the name is needed
		}
		if name, err := text(value); err == nil {
			described.Physical[id] = name
		}
	}
	system.Stacks = append(system.Stacks, described)
	return nil
}
