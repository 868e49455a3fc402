for dimension in hidden-node multiple-input-output multiple-network \
    multiple-node-comparison arithmetic-complexity; do
    echo "$dimension:"
    astrolabe supports --$dimension-theories
done
astrolabe supports --multiple-inputs-output-theories
