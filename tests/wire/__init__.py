"""What the proxy does on the wire, as bytes on sockets: the evidence for each rule, whatever the data plane is."""
