s/n_neurons < least_neurons/least_neurons == 0/
s/forward->least_width = least_width;/forward->least_width = 1;/
s/forward->steps\[i\].slope = band.slope;/forward->steps[i].slope = band.slope; forward->steps[i].error = 0.0;/
