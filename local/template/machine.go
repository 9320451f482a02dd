package template

import "fmt"

// Machine is a state machine of Step Functions.
type Machine struct {
	ID         string // logical id
	Name       string
	ARN        string
	Definition string // in the Amazon States Language
}

func (s *stack) addMachines(system *System) error {
	for _, r := range s.of(typeMachine) {
		var p struct{ DefinitionString, StateMachineType string }
		if err := s.decode(r, &p); err != nil {
			return err
		}
		name, err := s.physicalName(r, 0)
		if err != nil {
			return err
		}
		if p.DefinitionString == "" {
			return fmt.Errorf("%s (%s): no DefinitionString", r.id, r.Type)
		}
		if p.StateMachineType != "" && p.StateMachineType != "STANDARD" {
			return fmt.Errorf("%s (%s): machines of type %s are not supported locally: use STANDARD",
				r.id, r.Type, p.StateMachineType)
		}
		system.Machines = append(system.Machines, Machine{
			ID: r.id, Name: name, ARN: arn("states", "stateMachine:"+name), Definition: p.DefinitionString,
		})
	}
	return nil
}
