import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * {@code java Judges CASES.json}: one JSON object a line on standard output, in the order of the cases.
 *
 * <p>A case names a file and its judge: {@code {"judge": "veraPDF", "file": PATH, "flavour": "3a"}} or {@code {"judge":
 * "DSS", "file": PATH, "at": ISO-8601, "roots": [PATH], "crls": [PATH]}}. The answer is the case and the judgement in one.
 */
public final class Judges {
    private static final ObjectMapper JSON = new ObjectMapper();

    public static void main(String[] arguments) throws Exception {
        // the libraries print what they please; standard output is kept for the judgements
        PrintStream answers = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        System.setOut(System.err);
        VeraPdfJudge veraPdf = new VeraPdfJudge();
        for (JsonNode given : JSON.readTree(Path.of(arguments[0]).toFile())) {
            Map<String, Object> answer = new LinkedHashMap<>();
            answer.put("judge", given.get("judge").asText());
            answer.put("file", given.get("file").asText());
            Path file = Path.of(given.get("file").asText());
            if (given.get("judge").asText().equals("veraPDF")) {
                answer.put("flavour", given.get("flavour").asText());
                answer.putAll(veraPdf.judge(file, given.get("flavour").asText()));
            } else {
                DssJudge dss = new DssJudge(texts(given.get("roots")), texts(given.get("crls")));
                answer.putAll(dss.judge(file, Instant.parse(given.get("at").asText())));
            }
            answers.println(JSON.writeValueAsString(answer));
        }
        answers.flush();
    }

    private static List<String> texts(JsonNode array) {
        List<String> texts = new ArrayList<>();
        array.forEach(item -> texts.add(item.asText()));
        return texts;
    }
}
