package annalscdk

import "time"

// readSettings reads the settings of a stage, see choose.
//
// Errors: one that names the setting and its valid values; a setting that does not exist.
func readSettings(values map[string]any, own ...Setting) (Settings, error) {
	context := &asked{values: values}
	s, err := settingsFrom(context, own)
	if err == nil {
		err = s.validate()
	}
	if err == nil {
		err = context.unread()
	}
	if err == nil {
		s.apply(own)
	}
	return s, err
}

func settingsFrom(context *asked, own []Setting) (Settings, error) {
	s := Settings{Own: map[string]string{}, Secrets: map[string]*string{}, Durations: map[string]time.Duration{}}
	if err := s.readTexts(context); err != nil {
		return s, err
	}
	for key, into := range map[string]*[]string{
		"eventReplicas": &s.EventReplicas, "readReplicas": &s.ReadReplicas, "audience": &s.Audience, "origins": &s.Origins,
		"stores": &s.Stores, "vpcSubnets": &s.VPCSubnets, "vpcSecurityGroups": &s.VPCSecurityGroups,
	} {
		var err error
		if *into, err = texts(context, key); err != nil {
			return s, err
		}
	}
	if err := s.readNumbers(context); err != nil {
		return s, err
	}
	var err error
	if s.TablesKey, err = readKey(context); err != nil {
		return s, err
	}
	if s.ReplicasLocked, err = truth(context, "replicasLocked"); err != nil {
		return s, err
	}
	if s.NoDocs, err = readNoDocs(context); err != nil {
		return s, err
	}
	reserved, err := texts(context, "concurrency")
	if err != nil {
		return s, err
	}
	if s.Concurrency, err = readConcurrency(reserved); err != nil {
		return s, err
	}
	return s, s.readOwn(context, own)
}

func (s *Settings) readTexts(context *asked) error {
	for key, into := range map[string]*string{
		"stage": &s.Stage, "region": &s.Region, "eventBus": &s.EventBus, "breakGlassRole": &s.BreakGlassRole,
		"issuer": &s.Issuer, "domain": &s.Domain, "certificate": &s.Certificate,
		"alarmTopic": &s.AlarmTopic, "alarmEmail": &s.AlarmEmail, "otlpEndpoint": &s.OTLPEndpoint,
		"sqlCluster": &s.SQLCluster, "searchCollection": &s.SearchCollection, "cacheUrl": &s.CacheURL,
	} {
		var err error
		if *into, err = text(context, key); err != nil {
			return err
		}
	}
	if s.Stage == defaultStage {
		s.Stage = ""
	}
	return nil
}

func (s *Settings) readNumbers(context *asked) error {
	var forgetWait int
	for key, into := range map[string]*int{
		"rate": &s.Rate, "burst": &s.Burst, "rebuildSegments": &s.RebuildSegments,
		"rebuildConcurrency": &s.RebuildConcurrency, "personalRecoveryDays": &s.PersonalRecoveryDays,
		"forgetWait": &forgetWait,
	} {
		var err error
		if *into, err = whole(context, key, mostOf[key]); err != nil {
			return err
		}
	}
	s.ForgetWait = time.Duration(forgetWait) * time.Second
	return nil
}
