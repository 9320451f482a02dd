package template

// Bus is an EventBridge bus.
type Bus struct {
	ID   string // logical id
	Name string
	ARN  string
}

type busProperties struct{ Name string }

func (s *stack) addBuses(system *System) error {
	for _, r := range s.of(typeBus) {
		if err := s.decode(r, &busProperties{}); err != nil {
			return err
		}
		name, err := s.physicalName(r, 0)
		if err != nil {
			return err
		}
		system.Buses = append(system.Buses, Bus{ID: r.id, Name: name, ARN: arn("events", "event-bus/"+name)})
	}
	return nil
}
