package api

// Health is all that is said without a token.
type Health struct {
	Status string `json:"status" example:"ok"`
}

// Version of the program.
type Version struct {
	Version  string `json:"version" example:"0.1.0"`
	API      string `json:"api" example:"v1"`
	Revision string `json:"revision,omitempty"`
	Go       string `json:"go"`
	OS       string `json:"os"`
	Arch     string `json:"arch"`
}

// Me is the person this node belongs to.
type Me struct {
	DisplayName            string `json:"display_name" example:"Asha"`
	Devices                int    `json:"devices"`
	RecoveryWordsConfirmed bool   `json:"recovery_words_confirmed"`
	First                  bool   `json:"first_device" doc:"This device keeps the seed: it links and revokes devices and joins communities."`
}

// Start is all that a page needs before it opens the stream at EventCursor.
type Start struct {
	Me          Me          `json:"me"`
	Communities []Community `json:"communities"`
	Groups      []Group     `json:"groups"`
	Totals      Totals      `json:"totals" doc:"Unread, over all groups that are not muted."`
	Mode        string      `json:"mode" enum:"normal,lan_only,low_data,offline" doc:"How the network is used; network.changed tells of another."`
	EventCursor string      `json:"event_cursor" example:"42"`
}

// Status is how the node is doing.
type Status struct {
	State         string            `json:"state" example:"running"`
	Version       string            `json:"version"`
	StartedAt     Time              `json:"started_at" format:"date-time"`
	UptimeSeconds int64             `json:"uptime_seconds"`
	Me            Me                `json:"me"`
	URL           string            `json:"url" example:"http://127.0.0.1:7717"`
	Communities   []StatusCommunity `json:"communities"`
	Peers         int               `json:"peers" doc:"Connections to members, over all communities."`
	EventCursor   string            `json:"event_cursor"`
}

// Doctor is what was looked at. State is the worst of all findings.
type Doctor struct {
	State    string    `json:"state" enum:"ok,warn,fail"`
	Findings []Finding `json:"findings"`
}

// Finding is one thing that was looked at, and what to do about it.
type Finding struct {
	Check string `json:"check" example:"clock"`
	State string `json:"state" enum:"ok,warn,fail"`
	Text  string `json:"text"`
	Do    string `json:"do,omitempty"`
}

// StatusCommunity is one line of Status.
type StatusCommunity struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Role        string `json:"role"`
	State       string `json:"state"`
	MemberCount int    `json:"member_count"`
	GroupCount  int    `json:"group_count"`
	Reachable   int    `json:"reachable"`
}

// Network is the state of the node's hosts, one a community.
type Network struct {
	Mode         string        `json:"mode" enum:"normal,lan_only,low_data,offline" doc:"low_data: fewer connections, and what is here is compared with one other node every two minutes instead of with three every half."`
	Reachability string        `json:"reachability" enum:"unknown,public,private" doc:"The best of all hosts."`
	Peers        int           `json:"peers"`
	BytesIn      int64         `json:"bytes_in"`
	BytesOut     int64         `json:"bytes_out"`
	Hosts        []NetworkHost `json:"hosts"`
}

// NetworkMode is how a node uses the network.
type NetworkMode struct {
	Mode string `json:"mode" enum:"normal,lan_only,low_data,offline" doc:"lan_only: connections at private addresses alone, without relays or DHT. low_data: fewer connections. offline: none at all."`
}

// NetworkHost is the host of one community.
type NetworkHost struct {
	CommunityID  string   `json:"community_id"`
	PeerID       string   `json:"peer_id"`
	Addresses    []string `json:"addresses"`
	Reachability string   `json:"reachability" enum:"unknown,public,private"`
	Peers        int      `json:"peers" doc:"Members connected."`
	DHT          bool     `json:"dht"`
	LAN          bool     `json:"lan" doc:"Looks for members on the local network."`
	Syncs        int      `json:"syncs" doc:"How often this node began to compare what it has with another one, since it started."`
	BytesIn      int64    `json:"bytes_in"`
	BytesOut     int64    `json:"bytes_out"`
}

// Peer is another node that is connected.
type Peer struct {
	ID             string   `json:"id" example:"peer_mzxw6ytboi"`
	CommunityID    string   `json:"community_id"`
	MemberID       *string  `json:"member_id" doc:"Whose device it proved to be."`
	Role           string   `json:"role" enum:"member,joiner,keeper"`
	Addresses      []string `json:"addresses"`
	Direction      string   `json:"direction" enum:"inbound,outbound"`
	LatencySeconds float64  `json:"latency_seconds,omitempty"`
	Since          *Time    `json:"since" format:"date-time"`
}

// ConnectPeer dials an address.
type ConnectPeer struct {
	Addr string `json:"addr" minLength:"1" maxLength:"512" example:"/ip4/192.168.1.5/tcp/4001/p2p/12D3KooW…"`
}

// Job is something that takes time. A finished join has result.community_id.
type Job struct {
	ID        string     `json:"id" example:"job_mzxw6ytboi"`
	Kind      string     `json:"kind" enum:"join,export,import,backup,fetch"`
	State     string     `json:"state" enum:"queued,running,waiting,done,failed"`
	Steps     []JobStep  `json:"steps"`
	Progress  float64    `json:"progress"`
	Result    *JobResult `json:"result"`
	Error     *Problem   `json:"error"`
	CreatedAt *Time      `json:"created_at" format:"date-time"`
}

// JobStep says what is going on, and what to do if it halts.
type JobStep struct {
	Name   string `json:"name"`
	State  string `json:"state"`
	Detail string `json:"detail"`
}

// JobResult is what came of a job.
type JobResult struct {
	CommunityID string `json:"community_id,omitempty"`
}
